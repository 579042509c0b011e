export const HELP = `outpost: an offline clinic's record on one PC, from the command line

  outpost setup        --clinic NAME --site NAME --device-name NAME --user LOGIN --name NAME --totp-secret-file FILE
                       [--address TEXT] [--latitude DEGREES --longitude DEGREES] [--recovery-file FILE]
                       makes the vault and its first administrator. A one-time-code secret that is not there yet is
                       made and written. The recovery code goes to --recovery-file, or is shown once
  outpost staff add    --new-user LOGIN --name NAME --role physician|nurse|registrar|administrator|auditor
                       --new-totp-secret-file FILE [--new-password-file FILE]
  outpost staff list
  outpost enrol        [--code-file FILE|-]  joins a central server with its one-time code; - reads standard input
  outpost import       FILE|FOLDER ...       FHIR R4 bundles and NDJSON; each file whole or not at all; Ctrl-C cancels
  outpost export       --out FILE [--patient ID] [--format bundle|ndjson]
                       not encrypted; never over an existing file; asks for a second, fresh code
  outpost search       WORDS ... [--limit 1-50]
  outpost provision    --from DIR  fills a new workstation from a folder that central wrote for it (central snapshot)
  outpost neighbours   [--answer HOST:PORT|off] [--to ID@HOST:PORT[,...]|none]  workstations that serve each other in the clinic's network
  outpost status       without --user what is known while locked, with it the sync light too
  outpost sync         sends and reads until nothing is left, or says what is in the way
  outpost audit verify                       names the first entry that does not hold
  outpost audit export --out FILE [--from ISO-TIME] [--to ISO-TIME]
                       one line of JSON per entry; asks for a second, fresh code

Every command takes
  --home DIR               where the vault lives; else the data folder of whoever runs it
  --json                   one JSON document on standard output: {"ok":true,...} or {"ok":false,"fault":{"code":...}}
  --user LOGIN             who signs in
  --password-file FILE     first line: the password
  --totp-secret-file FILE  the secret (base32) behind the one-time codes
  --help, -h               this text
What is missing is asked for at the terminal, or read from standard input line by line: login, password, code. No
password and no code is ever an argument. A code counts once: the next may take half a minute.

Exit code 0: done. 1: refused or failed, with the fault code. 2: wrong usage.
`;
