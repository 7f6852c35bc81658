-- A resource id that a correction gave can turn out to be another share's: its key is given back once the delivery is not read so any more. A key that came with a
-- webhook stays for ever, and so does every key of a delivery that has paid.
CREATE FUNCTION allow_only_giving_back() RETURNS trigger LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
BEGIN
  IF TG_OP = 'UPDATE'
     OR NOT EXISTS (SELECT FROM deliveries d WHERE d.id = OLD.delivery_id
                    AND (d.resource_id, d.app) IS DISTINCT FROM (OLD.resource_id, OLD.app))
     OR EXISTS (SELECT FROM decisions c WHERE c.delivery_id = OLD.delivery_id AND c.transfer_id IS NOT NULL) THEN
    RAISE EXCEPTION '% is append-only: % refused', TG_TABLE_NAME, TG_OP USING ERRCODE = 'restrict_violation';
  END IF;
  RETURN OLD;
END
$$;

DROP TRIGGER delivery_keys_never_change ON delivery_keys;
CREATE TRIGGER delivery_keys_only_given_back BEFORE UPDATE OR DELETE ON delivery_keys
  FOR EACH ROW EXECUTE FUNCTION allow_only_giving_back();
