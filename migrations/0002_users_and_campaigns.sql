-- A user is (app, user_id). Everything else refers to the surrogate id, so that a person can be erased and the books stay right.
CREATE TABLE users (
  id            uuid        PRIMARY KEY,
  app           text        NOT NULL,
  user_id       text        COLLATE "C" CHECK (octet_length(user_id) BETWEEN 1 AND 256),  -- null once erased
  next_sequence bigint      NOT NULL DEFAULT 1,  -- of this user's events; taken under the row's lock
  created_at    timestamptz NOT NULL DEFAULT clock_timestamp(),
  UNIQUE (app, user_id)
);

CREATE TABLE campaigns (
  id         uuid        PRIMARY KEY,
  app        text        NOT NULL,
  name       text        NOT NULL CHECK (char_length(name) BETWEEN 1 AND 200),
  unit       text        NOT NULL DEFAULT 'point',
  created_at timestamptz NOT NULL DEFAULT clock_timestamp()
);

CREATE INDEX campaigns_by_app ON campaigns (app);

-- What can be wrong with rules written by hand is refused here, so that no date or amount is ever guessed.
CREATE FUNCTION is_campaign_rules(rules jsonb) RETURNS boolean LANGUAGE sql STABLE AS $$
  SELECT coalesce(
    jsonb_typeof(rules -> 'amount') = 'number' AND (rules ->> 'amount') ~ '^[1-9][0-9]{0,14}$'
    AND jsonb_typeof(rules -> 'chatTypes') = 'array'
    AND (rules ->> 'startsAt') ~ '(Z|[+-][0-9]{2}:[0-9]{2})$'
    AND (rules -> 'endsAt' = 'null' OR (rules ->> 'endsAt') ~ '(Z|[+-][0-9]{2}:[0-9]{2})$')
    -- A text that is no time, or no time zone, fails here with a message that says so.
    AND (rules ->> 'startsAt')::timestamptz < coalesce((rules ->> 'endsAt')::timestamptz, 'infinity')
    AND (now() AT TIME ZONE (rules ->> 'timeZone')) IS NOT NULL,
    false)
$$;

-- Rules are never edited: a change is a new version. The version in force when the webhook was received decides.
CREATE TABLE campaign_versions (
  campaign_id    uuid        NOT NULL REFERENCES campaigns,
  version        integer     NOT NULL CHECK (version > 0),
  rules          jsonb       NOT NULL CHECK (is_campaign_rules(rules)),
  effective_from timestamptz NOT NULL,
  created_at     timestamptz NOT NULL DEFAULT clock_timestamp(),
  PRIMARY KEY (campaign_id, version)
);

CREATE TRIGGER campaign_versions_never_change BEFORE UPDATE OR DELETE ON campaign_versions
  FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER campaign_versions_never_truncated BEFORE TRUNCATE ON campaign_versions
  FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
