-- What is wrong with the service, as far as operators must know: told to others once, however many processes see it.

-- Since when a delivery is on the work list: one that is replayed was received long before.
ALTER TABLE open_deliveries ADD COLUMN opened_at timestamptz NOT NULL DEFAULT clock_timestamp();

-- To find the few shares with a value that Kakao's page does not list among the many without.
CREATE INDEX shares_with_unknown_values ON shares (id) WHERE unknown_values <> '{}';

-- What one process sees of itself. It says so again and again; what it says no more is over.
CREATE TABLE alarm_reports (
  reporter   uuid        NOT NULL,   -- the process, by an id of this run of it
  alarm      text        NOT NULL,
  detail     text        NOT NULL,   -- in words; no input, no person, no secret
  since      timestamptz NOT NULL,
  expires_at timestamptz NOT NULL,
  PRIMARY KEY (reporter, alarm)
);

-- What is wrong now, in the whole cluster: a row per alarm that was told and is not over.
CREATE TABLE alarms (
  alarm  text        NOT NULL,
  app    text        NOT NULL,       -- '*': the service as a whole
  detail text        NOT NULL,
  since  timestamptz NOT NULL,
  PRIMARY KEY (alarm, app)
);

-- One row: when a process last judged the cluster. Whoever holds its lock judges, the others do something else.
CREATE TABLE watch_rounds (
  one       boolean     PRIMARY KEY DEFAULT true CHECK (one),
  judged_at timestamptz NOT NULL DEFAULT '-infinity'
);
INSERT INTO watch_rounds DEFAULT VALUES;
