/** The columns that `authorshipOf` reads, for any entry of the ledger. */
export const WITH_AUTHOR = `SELECT ledger.position, ledger.segment, ledger.header, ledger.kind, ledger.body, segment.device, segment.device_name, session.body AS session
  FROM ledger JOIN segment ON segment.ref = ledger.segment LEFT JOIN session ON session.segment = ledger.segment AND session.sequence = ledger.session`;
