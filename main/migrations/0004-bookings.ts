/** Whom appointments take and when, so that two at one time are noticed. */
export const name = 'bookings';

export const sql = `
-- Folded: who is expected at an appointment, epoch milliseconds.
CREATE TABLE booking (
  actor TEXT NOT NULL,
  starts_at INTEGER NOT NULL,
  ends_at INTEGER NOT NULL,
  record TEXT NOT NULL,
  PRIMARY KEY (actor, starts_at, record)
) STRICT, WITHOUT ROWID;
CREATE INDEX booking_record ON booking (record);
`;
