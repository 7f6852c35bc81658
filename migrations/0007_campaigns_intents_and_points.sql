-- Campaigns as data, share intents, and points that are held, spent, taken back and expire.

-- The kill switch: judged when settling, while a version's state is judged by the time of receipt.
ALTER TABLE campaigns
  ADD COLUMN killed_at  timestamptz,
  ADD COLUMN deleted_at timestamptz;  -- a draft that was thrown away; its versions stay

ALTER TABLE campaign_versions
  ADD COLUMN state  text NOT NULL DEFAULT 'live' CHECK (state IN ('draft', 'live', 'paused', 'ended')),
  ADD COLUMN actor  text NOT NULL DEFAULT 'migration',
  ADD COLUMN reason text;
ALTER TABLE campaign_versions ALTER COLUMN state DROP DEFAULT, ALTER COLUMN actor DROP DEFAULT;

-- The service says which field is wrong; this keeps out what would pay by guesswork, whoever writes it.
CREATE OR REPLACE FUNCTION is_campaign_rules(rules jsonb) RETURNS boolean LANGUAGE sql STABLE AS $$
  SELECT coalesce(
    CASE jsonb_typeof(rules -> 'amount')
      WHEN 'number' THEN (rules ->> 'amount') ~ '^[1-9][0-9]{0,14}$' AND rules -> 'ladder' = 'null'
      WHEN 'null' THEN jsonb_typeof(rules -> 'ladder' -> 'steps') = 'array'
        AND jsonb_array_length(rules -> 'ladder' -> 'steps') > 0
        AND NOT EXISTS (SELECT FROM jsonb_array_elements(rules -> 'ladder' -> 'steps') step
                        WHERE (step ->> 'amount') !~ '^[1-9][0-9]{0,14}$' OR (step ->> 'fromRooms') !~ '^[1-9][0-9]{0,3}$')
    END
    AND jsonb_typeof(rules -> 'chatTypes') = 'array'
    AND rules ->> 'mode' IN ('strict', 'compat', 'observe')
    AND rules -> 'intent' ->> 'pays' IN ('once', 'once-per-room', 'at-most')
    AND jsonb_typeof(rules -> 'caps') = 'object'
    AND (rules ->> 'mode' <> 'compat' OR jsonb_typeof(rules -> 'unverifiedCaps' -> 'perUserPerDay') = 'number')
    AND jsonb_typeof(rules -> 'test') = 'boolean'
    AND (rules -> 'hasPaidUsage' = 'true' OR (rules -> 'hasPaidUsage' = 'false' AND rules -> 'roomSizes' -> 'ranges' = 'null'))
    AND (rules -> 'budget' = 'null' OR (rules ->> 'budget') ~ '^[1-9][0-9]{0,14}$')
    AND (rules ->> 'priority') ~ '^[0-9]{1,6}$'
    AND (rules ->> 'coolDownSeconds') ~ '^[0-9]{1,8}$'
    AND (rules ->> 'holdHours') ~ '^[0-9]{1,5}$'
    AND (rules -> 'expiresAfterDays' = 'null' OR (rules ->> 'expiresAfterDays') ~ '^[1-9][0-9]{0,4}$')
    AND (rules ->> 'startsAt') ~ '(Z|[+-][0-9]{2}:[0-9]{2})$'
    AND (rules -> 'endsAt' = 'null' OR (rules ->> 'endsAt') ~ '(Z|[+-][0-9]{2}:[0-9]{2})$')
    -- A text that is no time, or no time zone, fails here with a message that says so.
    AND (rules ->> 'startsAt')::timestamptz < coalesce((rules ->> 'endsAt')::timestamptz, 'infinity')
    AND (now() AT TIME ZONE (rules ->> 'timeZone')) IS NOT NULL,
    false)
$$;

-- Rules of before say what they meant all along: any named user, once per user and room a day, from no budget.
ALTER TABLE campaign_versions DISABLE TRIGGER campaign_versions_never_change;
UPDATE campaign_versions SET rules = '{
  "priority": 0, "match": {"templateIds": [], "parameters": {}}, "mode": "compat",
  "singleChatroom": {"whenTrue": "self-share", "whenNotTold": "count"}, "roomSizes": {"ranges": null, "whenNotTold": "count"},
  "hasPaidUsage": false,
  "ladder": null, "intent": {"pays": "once-per-room", "atMost": null, "lifetimeMinutes": 1440, "maxOpenPerUser": 20},
  "caps": {"perUserPerDay": null, "perUser": null, "perUserAndRoomPerDay": 1, "unlimited": true},
  "unverifiedCaps": {"perUserPerDay": 1000, "perUser": null}, "coolDownSeconds": 0, "budget": null,
  "budgetWarningPercents": [], "holdHours": 0, "expiresAfterDays": null, "test": false
}'::jsonb || rules;
ALTER TABLE campaign_versions ENABLE TRIGGER campaign_versions_never_change;

ALTER TABLE campaign_versions ADD CONSTRAINT live_campaigns_are_capped CHECK (
  state <> 'live' OR rules -> 'caps' -> 'unlimited' = 'true'
  OR jsonb_typeof(rules -> 'caps' -> 'perUserPerDay') = 'number' OR jsonb_typeof(rules -> 'caps' -> 'perUser') = 'number');

-- Each campaign that was not thrown away, as it stands: its newest version, and the name of the account that pays.
CREATE VIEW current_campaigns AS
  SELECT c.id, c.app, c.name, c.unit, c.created_at, c.killed_at, v.version, v.state, v.rules, v.effective_from,
         'campaign_budget/' || c.app || '/' || c.unit || '/' || c.id AS budget_account
  FROM campaigns c
  JOIN LATERAL (
    SELECT version, state, rules, effective_from FROM campaign_versions
    WHERE campaign_id = c.id ORDER BY version DESC LIMIT 1) v ON true
  WHERE c.deleted_at IS NULL;

-- A promise made before the share: it binds a share to a user and a campaign. Kept for ever.
CREATE TABLE share_intents (
  id              uuid        PRIMARY KEY,
  app             text        NOT NULL,
  campaign_id     uuid        NOT NULL REFERENCES campaigns,
  user_ref        uuid        NOT NULL REFERENCES users,
  content_ref     text        CHECK (char_length(content_ref) BETWEEN 1 AND 200),  -- null: none, or erased
  issued_by       text        NOT NULL,
  issued_at       timestamptz NOT NULL,
  expires_at      timestamptz NOT NULL CHECK (expires_at > issued_at),
  idempotency_key text        COLLATE "C",  -- a digest of the caller's, which may tell of a person
  request_digest  bytea       NOT NULL,  -- tells a repeated request from another one under the same key
  UNIQUE (app, idempotency_key)
);

CREATE INDEX share_intents_by_user ON share_intents (user_ref, campaign_id, expires_at);

CREATE FUNCTION allow_only_erasing_content() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NEW.content_ref IS NOT NULL OR (to_jsonb(NEW) - 'content_ref') IS DISTINCT FROM (to_jsonb(OLD) - 'content_ref') THEN
    RAISE EXCEPTION 'an intent never changes' USING ERRCODE = 'restrict_violation';
  END IF;
  RETURN NEW;
END
$$;

CREATE TRIGGER share_intents_never_change BEFORE UPDATE ON share_intents
  FOR EACH ROW EXECUTE FUNCTION allow_only_erasing_content();
CREATE TRIGGER share_intents_never_deleted BEFORE DELETE ON share_intents
  FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER share_intents_never_truncated BEFORE TRUNCATE ON share_intents
  FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- Whether a share carried an intent, and which. 'invalid': not signed by us; 'foreign': issued for another app.
ALTER TABLE shares
  ADD COLUMN intent_status text NOT NULL DEFAULT 'none' CHECK (intent_status IN ('none', 'valid', 'invalid', 'foreign')),
  ADD COLUMN intent_id     uuid REFERENCES share_intents,
  ADD CHECK ((intent_status = 'valid') = (intent_id IS NOT NULL));

CREATE INDEX shares_by_intent ON shares (intent_id) WHERE intent_id IS NOT NULL;
CREATE INDEX shares_by_time ON shares (app, received_at, id);  -- what a simulation runs over

-- What caps, cool-downs and ladders look at; kept for ever, one narrow row per reward. Unpaid: observed, or a test.
CREATE TABLE campaign_rewards (
  delivery_id uuid        PRIMARY KEY,
  campaign_id uuid        NOT NULL REFERENCES campaigns,
  user_ref    uuid        NOT NULL REFERENCES users,
  intent_id   uuid        REFERENCES share_intents,  -- null: unverified
  room        text        NOT NULL,                  -- a digest of the room's hash
  received_at timestamptz NOT NULL,
  amount      bigint      NOT NULL CHECK (amount > 0),
  paid        boolean     NOT NULL
);

CREATE INDEX campaign_rewards_by_user ON campaign_rewards (campaign_id, user_ref, received_at);
CREATE INDEX campaign_rewards_by_intent ON campaign_rewards (intent_id) WHERE intent_id IS NOT NULL;

INSERT INTO campaign_rewards (delivery_id, campaign_id, user_ref, room, received_at, amount, paid)
SELECT d.delivery_id, d.campaign_id, d.user_ref,
       left(translate(encode(sha256(convert_to(s.app || E'\n' || coalesce(s.room_hash, ''), 'UTF8')), 'base64'), '+/', '-_'), 22),
       s.received_at, d.amount, true
FROM decisions d JOIN shares s ON s.id = d.delivery_id
WHERE d.verdict = 'rewarded' AND d.superseded_at IS NULL;

-- What was only observed may be decided again; what was paid never changes.
CREATE FUNCTION refuse_change_of_paid() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF OLD.paid OR TG_OP = 'DELETE' THEN
    RAISE EXCEPTION '% is append-only: % refused', TG_TABLE_NAME, TG_OP USING ERRCODE = 'restrict_violation';
  END IF;
  RETURN NEW;
END
$$;

CREATE TRIGGER campaign_rewards_never_change BEFORE UPDATE OR DELETE ON campaign_rewards
  FOR EACH ROW EXECUTE FUNCTION refuse_change_of_paid();
CREATE TRIGGER campaign_rewards_never_truncated BEFORE TRUNCATE ON campaign_rewards
  FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

ALTER TABLE decisions DROP CONSTRAINT decisions_check;
ALTER TABLE decisions
  ADD COLUMN verified boolean,  -- whether an intent stood behind it; null where no campaign was asked, and on what was decided before this column
  ADD CONSTRAINT only_rewards_have_transfers CHECK ((verdict IN ('rewarded', 'held')) = (transfer_id IS NOT NULL));

ALTER TABLE transfers DROP CONSTRAINT transfers_kind_check;
ALTER TABLE transfers
  ADD CONSTRAINT transfers_kind_check CHECK (kind IN ('reward', 'release', 'void', 'redemption', 'redemption-reversal',
                                                      'clawback', 'expiry', 'adjustment')),
  ADD COLUMN user_ref  uuid REFERENCES users,                    -- whose points it moves
  ADD COLUMN origin_id uuid,                                     -- the transfer that it answers
  ADD COLUMN actor     text NOT NULL DEFAULT 'settlement',
  ADD COLUMN reason    text;
ALTER TABLE transfers ALTER COLUMN actor DROP DEFAULT;

ALTER TABLE transfer_keys ADD COLUMN digest bytea;  -- of what was asked for under a key that a caller chose, which is kept as a digest too

-- Budgets and users' points may run low; what stands for the world outside never does.
UPDATE accounts SET floor = 0 WHERE kind IN ('user_pending', 'redeemed', 'expired');

-- Only a clawback takes a user below zero, whatever the code believes.
CREATE FUNCTION refuse_overdrawing() RETURNS trigger LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
BEGIN
  IF EXISTS (
    SELECT FROM new_entries e
    JOIN accounts a ON a.id = e.account_id AND a.kind = 'user_available'
    JOIN transfers t ON t.id = e.transfer_id AND t.kind <> 'clawback'
    WHERE e.amount < 0 AND e.balance_after < 0
  ) THEN
    RAISE EXCEPTION 'a user has fewer points than that' USING ERRCODE = 'check_violation';
  END IF;
  RETURN NULL;
END
$$;

CREATE TRIGGER entries_never_overdraw AFTER INSERT ON entries
  REFERENCING NEW TABLE AS new_entries FOR EACH STATEMENT EXECUTE FUNCTION refuse_overdrawing();

-- A reward that waits: the points are pending until they are released, by schedule or hand, or voided.
CREATE TABLE holds (
  transfer_id        uuid        PRIMARY KEY,  -- of the reward
  delivery_id        uuid        NOT NULL UNIQUE,
  app                text        NOT NULL,
  unit               text        NOT NULL,
  user_ref           uuid        NOT NULL REFERENCES users,
  campaign_id        uuid        NOT NULL REFERENCES campaigns,
  amount             bigint      NOT NULL CHECK (amount > 0),
  release_at         timestamptz NOT NULL,
  expires_after_days integer     CHECK (expires_after_days > 0),
  state              text        NOT NULL DEFAULT 'pending' CHECK (state IN ('pending', 'released', 'voided')),
  resolved_by        uuid,                     -- the transfer that released or voided it
  CHECK ((state = 'pending') = (resolved_by IS NULL))
);

CREATE INDEX holds_due ON holds (release_at) WHERE state = 'pending';
CREATE INDEX holds_by_user ON holds (user_ref) WHERE state = 'pending';

CREATE FUNCTION allow_only_resolving() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF OLD.state <> 'pending' OR NEW.state = 'pending'
     OR (to_jsonb(NEW) - ARRAY['state', 'resolved_by']) IS DISTINCT FROM (to_jsonb(OLD) - ARRAY['state', 'resolved_by']) THEN
    RAISE EXCEPTION 'a held reward is released or voided, once' USING ERRCODE = 'restrict_violation';
  END IF;
  RETURN NEW;
END
$$;

CREATE TRIGGER holds_only_resolved BEFORE UPDATE ON holds FOR EACH ROW EXECUTE FUNCTION allow_only_resolving();
CREATE TRIGGER holds_never_deleted BEFORE DELETE ON holds FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER holds_never_truncated BEFORE TRUNCATE ON holds FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- What was taken from a lot, and by which transfer; negative where a reversal gave it back.
CREATE TABLE lot_uses (
  id          uuid   PRIMARY KEY,
  lot_id      uuid   NOT NULL,
  transfer_id uuid   NOT NULL,
  amount      bigint NOT NULL CHECK (amount <> 0)
);

CREATE INDEX lot_uses_by_lot ON lot_uses (lot_id);
CREATE INDEX lot_uses_by_transfer ON lot_uses (transfer_id);
CREATE INDEX lots_due ON lots (expires_at) WHERE remaining > 0 AND expires_at IS NOT NULL;

CREATE TRIGGER lot_uses_never_change BEFORE UPDATE OR DELETE ON lot_uses FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER lot_uses_never_truncated BEFORE TRUNCATE ON lot_uses FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

CREATE FUNCTION allow_only_remaining() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF (to_jsonb(NEW) - 'remaining') IS DISTINCT FROM (to_jsonb(OLD) - 'remaining') THEN
    RAISE EXCEPTION 'of a lot only what remains changes' USING ERRCODE = 'restrict_violation';
  END IF;
  RETURN NEW;
END
$$;

CREATE TRIGGER lots_only_used BEFORE UPDATE ON lots FOR EACH ROW EXECUTE FUNCTION allow_only_remaining();
CREATE TRIGGER lots_never_deleted BEFORE DELETE ON lots FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER lots_never_truncated BEFORE TRUNCATE ON lots FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- What is taken back of a reward: claimed once. What is not taken yet is netted from what comes in later.
CREATE TABLE clawback_claims (
  transfer_id uuid        PRIMARY KEY,  -- of the reward that is taken back
  delivery_id uuid        NOT NULL UNIQUE,
  app         text        NOT NULL,
  unit        text        NOT NULL,
  user_ref    uuid        NOT NULL REFERENCES users,
  campaign_id uuid        NOT NULL REFERENCES campaigns,
  amount      bigint      NOT NULL CHECK (amount > 0),
  taken       bigint      NOT NULL CHECK (taken BETWEEN 0 AND amount),
  shortfall   text        NOT NULL CHECK (shortfall IN ('refuse', 'negative', 'net-later')),
  actor       text        NOT NULL,
  reason      text        NOT NULL,
  created_at  timestamptz NOT NULL DEFAULT clock_timestamp(),
  CHECK (taken = amount OR shortfall = 'net-later')
);

CREATE INDEX clawback_claims_open ON clawback_claims (user_ref) WHERE taken < amount;

CREATE FUNCTION allow_only_taking() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NEW.taken < OLD.taken OR (to_jsonb(NEW) - 'taken') IS DISTINCT FROM (to_jsonb(OLD) - 'taken') THEN
    RAISE EXCEPTION 'of a claim only what was taken grows' USING ERRCODE = 'restrict_violation';
  END IF;
  RETURN NEW;
END
$$;

CREATE TRIGGER clawback_claims_only_taken BEFORE UPDATE ON clawback_claims
  FOR EACH ROW EXECUTE FUNCTION allow_only_taking();
CREATE TRIGGER clawback_claims_never_deleted BEFORE DELETE ON clawback_claims
  FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER clawback_claims_never_truncated BEFORE TRUNCATE ON clawback_claims
  FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

CREATE INDEX accounts_by_user ON accounts (user_ref) WHERE user_ref IS NOT NULL;

-- Who asks what became of a user's shares, or erases a person, finds also what only names the user.
CREATE INDEX deliveries_by_claimed_user ON deliveries (user_id, app) WHERE user_id IS NOT NULL;

-- Which intent a delivery that waits says it carries: not verified, but enough to tell the page that its share has arrived.
ALTER TABLE open_deliveries ADD COLUMN intent_id uuid;
CREATE INDEX open_deliveries_by_intent ON open_deliveries (intent_id) WHERE intent_id IS NOT NULL;
