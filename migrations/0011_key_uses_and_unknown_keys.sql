-- When each admin key was first and last presented: an old one may go once it is not used any more. Never the key, only its fingerprint.
CREATE TABLE key_uses (
  app           text        NOT NULL,
  fingerprint   text        NOT NULL CHECK (fingerprint ~ '^[0-9a-f]{8}$'),
  first_used_at timestamptz NOT NULL,
  last_used_at  timestamptz NOT NULL CHECK (last_used_at >= first_used_at),
  PRIMARY KEY (app, fingerprint)
);

-- Keys that no app had when they were presented. Never the key: its fingerprint, and what proves it again once an app has it. At most 20 rows.
CREATE TABLE unknown_keys (
  proof         bytea            PRIMARY KEY CHECK (octet_length(proof) = 16),  -- of another digest than the fingerprint
  fingerprint   text             NOT NULL CHECK (fingerprint ~ '^[0-9a-f]{8}$'),
  network       text             NOT NULL,  -- whence it first came, as a digest: tells networks apart, names none
  hits          bigint           NOT NULL CHECK (hits > 0),
  weight        double precision NOT NULL CHECK (weight >= 0),  -- hits that fade, as of last_seen_at: who goes first
  kept          integer          NOT NULL CHECK (kept BETWEEN 0 AND 1000),
  kept_bytes    integer          NOT NULL CHECK (kept_bytes BETWEEN 0 AND 2097152),
  first_seen_at timestamptz      NOT NULL,
  last_seen_at  timestamptz      NOT NULL,
  replayed_at   timestamptz
);

-- What came with such a key, as it came, to be taken in once an app has the key. Gone after 30 days, or with its key.
CREATE TABLE unknown_key_requests (
  id          uuid        PRIMARY KEY,
  proof       bytea       NOT NULL REFERENCES unknown_keys ON DELETE CASCADE,
  received_at timestamptz NOT NULL,
  method      text        NOT NULL CHECK (method IN ('GET', 'POST')),
  resource_id text        COLLATE "C" NOT NULL,
  headers     json        NOT NULL,          -- the chosen ones; never Authorization
  query       bytea       NOT NULL,
  body        bytea       NOT NULL,
  bytes       integer     NOT NULL CHECK (bytes >= 0)
);

CREATE INDEX unknown_key_requests_by_key ON unknown_key_requests (proof, id);
