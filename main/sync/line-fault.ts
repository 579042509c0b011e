import { systemCodeOf } from '../../shared/base/system-code.ts';
import type { LineFault } from './network.ts';

/** Codes of OpenSSL and Node by which a server's certificate is refused (OpenSSL x509_vfy.h, Node errors). */
const UNTRUSTED = new Set([
  'SELF_SIGNED_CERT_IN_CHAIN', 'DEPTH_ZERO_SELF_SIGNED_CERT', 'UNABLE_TO_VERIFY_LEAF_SIGNATURE', 'UNABLE_TO_GET_ISSUER_CERT', 'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'CERT_HAS_EXPIRED', 'CERT_NOT_YET_VALID', 'CERT_SIGNATURE_FAILURE', 'CERT_UNTRUSTED', 'CERT_REJECTED', 'CERT_CHAIN_TOO_LONG', 'INVALID_CA', 'INVALID_PURPOSE',
  'PATH_LENGTH_EXCEEDED', 'HOSTNAME_MISMATCH', 'ERR_TLS_CERT_ALTNAME_INVALID',
]);
/** Alerts by which a server refuses our certificate (RFC 8446 section 6.2), as OpenSSL and BoringSSL name them. */
const OUR_CERTIFICATE_REFUSED = /ALERT_(?:BAD_CERTIFICATE|CERTIFICATE_REQUIRED|CERTIFICATE_EXPIRED|CERTIFICATE_REVOKED|CERTIFICATE_UNKNOWN|UNKNOWN_CA|UNSUPPORTED_CERTIFICATE|ACCESS_DENIED)/;

/**
 * What a failed line means to the people at the workstation. Whatever answers at the address and does not speak our
 * TLS (a captive portal, TLS 1.2, plain text) is a server not to be trusted; silence and broken lines are offline.
 */
export function lineFaultOf(error: unknown): { readonly code: LineFault; readonly cause: string } {
  const cause = systemCodeOf(error) ?? 'UNKNOWN';
  if (OUR_CERTIFICATE_REFUSED.test(cause)) return { code: 'NOT_AUTHENTICATED', cause };
  if (UNTRUSTED.has(cause) || cause === 'EPROTO' || cause.startsWith('ERR_SSL_') || cause.startsWith('ERR_TLS_CERT')) return { code: 'SERVER_UNTRUSTED', cause };
  return { code: 'OFFLINE', cause };
}
