import type { DeviceId } from '../base/ids.ts';

/** Every bound of the protocol that both sides keep, with its unit. docs/sync-protocol.md repeats them. */

/** Version 2 adds lanes, the authors' own words, back-fill, recovery and scopes; version 1 is what Outpost 0.1.0 speaks. */
export const PROTOCOL_VERSION = 2;
/** What both sides of this release speak, best first. A hub goes on accepting the two versions before its own. */
export const PROTOCOL_VERSIONS: readonly number[] = [2, 1];
/** TLS application protocols (RFC 7301): daily sync with a client certificate, and enrolment without one. */
export const SYNC_ALPN = 'outpost-sync/1';
export const ENROL_ALPN = 'outpost-enrol/1';
/** The same conversation over a trunk of several lines (trunk.ts); offered before `outpost-sync/1`. */
export const TRUNK_ALPN = 'outpost-trunk/1';
/** Between workstations of one organisation in the clinic's network. */
export const NEIGHBOUR_ALPN = 'outpost-neighbour/1';
/** The name in central's certificate. The organisation's own authority is pinned, so one name serves every organisation and an address may change without a new certificate. */
export const HUB_SERVER_NAME = 'central.outpost.internal';

/** The name in a device's certificate, by which its neighbours in the clinic's network know it when it answers them. */
export const deviceServerName = (device: DeviceId): string => `${device}.device.outpost.internal`;

/** Payload of one frame: what a cut line loses at most, and how long an urgent message waits for a bulky one. */
export const FRAME_PAYLOAD_MAX_BYTES = 4096;
/** Two messages of different lanes may interleave frame by frame; more lanes than this are refused. */
export const FRAME_LANES = 4;
/** Any message before the peer is authenticated, and every message that carries no entries. */
export const CONTROL_MESSAGE_MAX_BYTES = 32 * 1024;
/** A sealed batch aims at this: half of the window, so that the next one is under way while the receipt of one is awaited. A single larger entry travels alone. */
export const BATCH_SEALED_TARGET_BYTES = 24 * 1024;
/** Entries of one batch, of one run of a page, and of a page of version 1. */
export const BATCH_ENTRIES_MAX = 1000;
/** Entries of one page of version 2: as many as a workstation takes in one commit without letting people wait. */
export const PAGE_ENTRIES_MAX = 2500;
/** Segments whose runs travel under one seal, and their entries together. */
export const BUNDLE_RUNS_MAX = 32;
export const BUNDLE_ENTRIES_MAX = 4 * BATCH_ENTRIES_MAX;
/** As the next one, of a bundle: who looked at what shrinks a hundred times. */
export const BUNDLE_RAW_TARGET_BYTES = 2 * 1024 * 1024;
/** Uncompressed bytes taken into one batch before compression decides how many fit. */
export const BATCH_RAW_TARGET_BYTES = 512 * 1024;
/** Entries that a content goes on from (SYN-255): header texts and bodies together. Reading has to learn all of it. */
export const CONTEXT_RAW_MAX_BYTES = BATCH_RAW_TARGET_BYTES;
/** Header, salt and body of one entry together. The ledger must refuse to write more. */
export const ENTRY_MAX_BYTES = 16 * 1024 * 1024;
export const ENTRY_HEADER_MAX_BYTES = 16 * 1024;
/** What a batch or page may unpack to: one largest entry beside an ordinary batch. */
export const BATCH_RAW_MAX_BYTES = ENTRY_MAX_BYTES + 2 * BATCH_RAW_TARGET_BYTES;
/** Any message at all: the largest entry, incompressible, with its envelope. */
export const MESSAGE_MAX_BYTES = BATCH_RAW_MAX_BYTES + CONTROL_MESSAGE_MAX_BYTES;
/**
 * Sealed plaintext is padded, so that lengths tell little. Small contents are padded in small steps: a line that carries
 * one urgent entry at a time would else carry mostly zeros. What that gives away is how long such an entry is, to within
 * 32 bytes: whoever watches the line may guess that an allergy was charted rather than a visit opened, which the time and
 * the number of messages tell them as well.
 */
export const PADDING = [{ upTo: 256, step: 32 }, { upTo: 1024, step: 64 }] as const;
export const PADDING_LARGE = { step: 256 } as const;
/** Sealed bytes a device has under way without a receipt; a batch larger than the window travels alone. */
export const UNACKNOWLEDGED_MAX_BYTES = 48 * 1024;
/** Sealed bytes of an urgent batch that goes out with the HELLO, before the hub has said how large a message may be. */
export const FIRST_FLIGHT_MAX_BYTES = 16 * 1024;
/** Sealed bytes of urgent batches that may be under way beyond the window. */
export const URGENT_EXTRA_MAX_BYTES = 32 * 1024;
/** Urgent entries further ahead in the log than this are fetched before what lies between. */
export const URGENT_AHEAD_ENTRIES = 100;
/** From so many entries of the log on a new device reads a seed, what is needed first in front, instead of the log in its order. */
export const SEED_FROM_ENTRIES = 2000;
/** Page size a device may ask for, in sealed bytes; it grows while pages come fast and shrinks when they do not. */
export const PAGE_MIN_BYTES = 16 * 1024;
export const PAGE_MAX_BYTES = 256 * 1024;
export const PAGE_FAST_MS = 1000;
/** Sealed bytes of most entries. What is asked for in fewer bytes is not sought among more entries, since what does not fit is packed in vain. */
export const PAGE_ENTRY_SEALED_BYTES = 24;
/** Segments asked for in a HELLO, and in one WHERE. */
export const HELLO_SEGMENTS_MAX = 64;
export const WHERE_SEGMENTS_MAX = 256;
/** Earlier places in the log a device names in its HELLO, so that a restored hub need not begin with it at the very first entry. */
export const HELLO_EARLIER_MAX = 16;
/** Segments of one OFFER, one WANTED and one ROLLED. */
export const OFFER_SEGMENTS_MAX = 256;
/** Of a chain hash in a ROLLED: enough to tell two histories of one segment apart. */
export const ROLLED_HEAD_BYTES = 8;
/** Segments a device may name in its HELLO as held beyond its cursor. */
export const BEYOND_SEGMENTS_MAX = 256;
/** Patients of one SCOPE and of one RESIDENTS. */
export const SCOPE_PATIENTS_MAX = 256;
/** Of them a hub names so many at a time: a device removes them in one transaction, and somebody is typing on it. */
export const SCOPE_PATIENTS_AT_ONCE = 32;
/** Patients a device may say it holds, in all. */
export const RESIDENTS_MAX = 500_000;

/** Nothing received for this long while an answer is due: the connection is abandoned and made anew. */
export const NO_PROGRESS_MS = 8000;
/** Fewer bytes than this in that time, and no whole message, are no progress: a server that trickles is one that is silent. */
export const PROGRESS_MIN_BYTES = 64;
/** TCP and TLS together must be up by then. */
export const CONNECT_MAX_MS = 15_000;
/** An idle connection asks for a sign of life this often; the sample also measures the clocks. */
export const KEEPALIVE_MS = 4 * 60_000;
/** Central lets go of a connection that said nothing for so long. */
export const HUB_IDLE_MAX_MS = 3 * KEEPALIVE_MS;
/** A peer must have said its first complete message by then. */
export const GREETING_MAX_MS = 15_000;
/** Refusals of one segment's batches in a row, without progress, before the device gives up this connection. */
export const REJECTIONS_MAX = 3;

/** Codecs of entry runs; the id travels in the sealed header. Another dictionary is another codec. */
export const CODEC_PLAIN_ZSTD = 1;
/** Columns with learned chances (shared/codec), dictionary 1. */
export const CODEC_COLUMNS = 2;

/** Over a trunk, which puts a frame back in its place when it comes late, so many times that may be without a receipt. */
export const TRUNK_UNACKNOWLEDGED_FACTOR = 2;
/** Lines of one trunk. Three lossy TCP connections fill a thin line that one of them cannot. */
export const TRUNK_LINES_MAX = 3;
/** Frames of a lane that may be under way beyond the first that has not arrived. */
export const TRUNK_AHEAD_FRAMES_MAX = 256;
/** Bytes under way on a line of a trunk: at least so many, and no more than that however fast it is. */
export const TRUNK_WINDOW_MIN_BYTES = 2 * (FRAME_PAYLOAD_MAX_BYTES + 16);
export const TRUNK_WINDOW_MAX_BYTES = 1024 * 1024;
/** How long the acknowledgement of a lone frame may wait for something that goes the same way. */
export const TRUNK_ACK_MS = 20;
/** How long central keeps a trunk whose last line has ended. */
export const TRUNK_KEPT_MS = 60_000;
