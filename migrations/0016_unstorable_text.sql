-- What Postgres holds as json and in no other form: a NUL, or half of a surrogate pair, as an escape in a custom parameter. A query that reads such a
-- row with ->>, or casts it to jsonb, fails as a whole; this says which rows to leave out, or to read by other means.
ALTER TABLE shares ADD COLUMN has_unstorable_text boolean NOT NULL DEFAULT false;

DO $$
DECLARE
  share record;
BEGIN
  FOR share IN SELECT id, custom FROM shares WHERE custom::text ~* '\\u(0000|d[89a-f])' LOOP
    BEGIN
      PERFORM share.custom::jsonb;
    EXCEPTION WHEN untranslatable_character OR invalid_text_representation THEN
      UPDATE shares SET has_unstorable_text = true WHERE id = share.id;
    END;
  END LOOP;
END
$$;
