"""The rules of `router.ledgers.operations` once more, as one function that the database runs for a whole batch.

Locks are taken in one fixed order by every batch, so that no two wait for each other: the writer's own row, new
accounts by key, requests by hash, accounts by id. The accounts' locks are held until the commit is flushed, and no
longer: the function is its own transaction, so a router that dies within it leaves nothing locked.

An event's id is drawn when its accounts are locked. So the events of an account are numbered as they are committed, and
a reader of its releases misses none. What is read of an attempt is protected by the locks of its accounts, which never
change, and of a request by its own lock.

Each operation is whole: all its checks come before its first change.
"""

from __future__ import annotations

FUNCTIONS = """
CREATE TYPE faraday_ledger.sheet AS (
  id bigint, dataset text, tenant text, "user" text, "limit" bigint, epsilon double precision,
  spent bigint, reserved bigint, frozen text, odometer bigint[]
);

-- Place by place, stopping where 63 bits end; what has stopped stays (router.ledgers.odometers).
CREATE FUNCTION faraday_ledger.added(total bigint[], amounts bigint[]) RETURNS bigint[]
  LANGUAGE sql IMMUTABLE AS $$
  SELECT ARRAY(
    SELECT CASE WHEN a > 9223372036854775807 - b THEN 9223372036854775807 ELSE a + b END
    FROM unnest(total, amounts) WITH ORDINALITY AS t (a, b, place) ORDER BY place)
$$;
CREATE FUNCTION faraday_ledger.taken(total bigint[], amounts bigint[]) RETURNS bigint[]
  LANGUAGE sql IMMUTABLE AS $$
  SELECT ARRAY(
    SELECT CASE WHEN a = 9223372036854775807 THEN a ELSE a - b END
    FROM unnest(total, amounts) WITH ORDINALITY AS t (a, b, place) ORDER BY place)
$$;

CREATE FUNCTION faraday_ledger.charges(accounts bigint[], amounts bigint[]) RETURNS jsonb
  LANGUAGE sql IMMUTABLE AS $$
  SELECT jsonb_agg(jsonb_build_array(account, amount) ORDER BY place)
  FROM unnest(accounts, amounts) WITH ORDINALITY AS t (account, amount, place)
$$;

-- Returns the new event's id.
CREATE FUNCTION faraday_ledger.append(event jsonb) RETURNS bigint LANGUAGE sql AS $$
  INSERT INTO faraday_ledger.event (id, body) VALUES (nextval('faraday_ledger.event_id'), event) RETURNING id
$$;

-- The terms under which the account is open now, whoever opened it.
CREATE FUNCTION faraday_ledger.open_account(key text[], event jsonb) RETURNS jsonb LANGUAGE plpgsql AS $$
DECLARE
  terms_now jsonb;
  opened bigint := nextval('faraday_ledger.event_id');
BEGIN
  INSERT INTO faraday_ledger.account VALUES (
    opened, key[1], key[2], key[3], event -> 'account', (event #>> '{account,limit}')::bigint,
    (event #>> '{account,epsilon}')::double precision, 0, 0, '',
    array_fill(0::bigint, ARRAY[jsonb_array_length(event #> '{account,odometer_orders}')])
  ) ON CONFLICT (dataset, tenant, "user") DO NOTHING;
  IF FOUND THEN
    INSERT INTO faraday_ledger.event (id, body) VALUES (opened, event);
  END IF;
  SELECT terms INTO STRICT terms_now FROM faraday_ledger.account
    WHERE dataset = key[1] AND tenant = key[2] AND "user" = key[3];
  RETURN jsonb_build_object('terms', terms_now);
END $$;

CREATE FUNCTION faraday_ledger.apply(
  this_writer uuid,
  number bigint,  -- of this batch, by its writer; the same again is not applied again
  flush text,  -- synchronous_commit
  datasets text[], tenants text[], users text[],  -- the accounts that operations name by their place here
  asked jsonb[],
  answers bytea[]
) RETURNS jsonb[] LANGUAGE plpgsql AS $$
DECLARE
  results jsonb[] := array_fill(NULL::jsonb, ARRAY[cardinality(asked)]);
  last_batch bigint;
  last_outcomes jsonb[];
  named bigint[];  -- the account of each place, NULL where none is open
  locked bigint[];  -- by id
  sheets faraday_ledger.sheet[] := '{}';  -- of each of locked
  one faraday_ledger.sheet;
  tried faraday_ledger.attempt;
  request bigint;
  op jsonb;
  event jsonb;
  outcome jsonb;
  at double precision;
  charged bigint[];
  costs bigint[];
  kept bigint[];
  back bigint[];
  orders bigint[];
  orders_back bigint[];
  new_state smallint;
  id_now bigint;
  amount bigint;
  unspent bigint;
  place int;
  i int;
  p int;
BEGIN
  IF current_setting('transaction_isolation') <> 'read committed' THEN
    RAISE EXCEPTION 'every statement must see what was committed before it';
  END IF;
  PERFORM set_config('synchronous_commit', flush, true);
  -- Every query is by index. A plan made while the tables were empty would scan them when they no longer are.
  PERFORM set_config('enable_seqscan', 'off', true);

  SELECT w.batch, w.outcomes INTO last_batch, last_outcomes
    FROM faraday_ledger.writer w WHERE w.id = this_writer FOR UPDATE;
  IF NOT FOUND OR last_batch > number THEN
    RAISE EXCEPTION 'batch % of writer % comes after %', number, this_writer, last_batch;
  ELSIF last_batch = number THEN
    RETURN last_outcomes;
  END IF;

  FOR op, place IN
    SELECT a.op, a.place FROM unnest(asked) WITH ORDINALITY AS a (op, place)
      JOIN unnest(datasets, tenants, users) WITH ORDINALITY AS k (dataset, tenant, "user", place)
        ON k.place = (a.op ->> 'account')::int
    WHERE a.op ->> 'do' = 'open' ORDER BY k.dataset, k.tenant, k."user"
  LOOP
    i := (op ->> 'account')::int;
    results[place] := faraday_ledger.open_account(ARRAY[datasets[i], tenants[i], users[i]], op -> 'event');
  END LOOP;

  FOR request IN
    SELECT DISTINCT hashtextextended(a.op #>> '{event,request_id}', hashtextextended(a.op #>> '{event,tenant}', 0))
    FROM unnest(asked) AS a (op) WHERE a.op ->> 'do' = 'reserve' ORDER BY 1
  LOOP
    PERFORM pg_advisory_xact_lock(request);
  END LOOP;

  SELECT array_agg(a.id ORDER BY k.place) INTO named
    FROM unnest(datasets, tenants, users) WITH ORDINALITY AS k (dataset, tenant, "user", place)
    LEFT JOIN faraday_ledger.account a USING (dataset, tenant, "user");
  SELECT array_agg(DISTINCT found.id) INTO locked FROM (
    SELECT unnest(named) AS id
    UNION ALL
    SELECT unnest(t.accounts) FROM unnest(asked) AS a (op)
      JOIN faraday_ledger.attempt t ON t.id = (a.op ->> 'attempt')::bigint
    UNION ALL
    SELECT unnest(earlier.accounts) FROM unnest(asked) AS a (op), LATERAL (
      SELECT t.accounts FROM faraday_ledger.attempt t
      WHERE a.op ->> 'do' = 'reserve'
        AND t.tenant = a.op #>> '{event,tenant}' AND t.request_id = a.op #>> '{event,request_id}'
      ORDER BY t.id DESC LIMIT 1
    ) AS earlier
  ) AS found WHERE found.id IS NOT NULL;
  FOR one IN
    SELECT a.id, a.dataset, a.tenant, a."user", a.limit_picorho, a.epsilon, a.spent_picorho, a.reserved_picorho,
      a.frozen, a.odometer
    FROM faraday_ledger.account a WHERE a.id = ANY (locked) ORDER BY a.id FOR NO KEY UPDATE
  LOOP
    sheets := array_append(sheets, one);
  END LOOP;
  SELECT array_agg(s.id ORDER BY s.id) INTO locked FROM unnest(sheets) AS s;

  FOR place IN 1 .. cardinality(asked) LOOP
    op := asked[place];
    event := op -> 'event';
    at := (event ->> 'at')::double precision;
    outcome := NULL;

    CASE op ->> 'do'
    WHEN 'open' THEN
      outcome := results[place];

    WHEN 'set_limit', 'freeze', 'thaw' THEN
      p := array_position(locked, named[(op ->> 'account')::int]);
      IF p IS NULL THEN
        outcome := '{"refused": "unknown account"}';
      ELSE
        PERFORM faraday_ledger.append(event || jsonb_build_object('account', locked[p]));
        IF op ->> 'do' = 'set_limit' THEN
          sheets[p]."limit" := (event ->> 'limit')::bigint;
          sheets[p].epsilon := (event ->> 'epsilon')::double precision;
        ELSE
          sheets[p].frozen := coalesce(event ->> 'reason', '');
        END IF;
        outcome := '{}';
      END IF;

    WHEN 'reserve' THEN
      SELECT t.* INTO tried FROM faraday_ledger.attempt t
        WHERE t.tenant = event ->> 'tenant' AND t.request_id = event ->> 'request_id' ORDER BY t.id DESC LIMIT 1;
      IF FOUND THEN
        IF tried.request_hash <> decode(event ->> 'request_hash', 'base64') THEN
          outcome := '{"refused": "request reused"}';
        ELSIF EXISTS (SELECT FROM faraday_ledger.answer w WHERE w.attempt = tried.id) THEN
          outcome := jsonb_build_object('stored', tried.id);
        ELSIF tried.state = 0 AND at < tried.expires THEN
          outcome := jsonb_build_object('refused', 'in progress', 'expires', tried.expires);
        END IF;
      END IF;

      costs := (op ->> 'amounts')::bigint[];
      orders := (op ->> 'odometer')::bigint[];
      charged := '{}';
      FOREACH i IN ARRAY (op ->> 'accounts')::int[] LOOP
        EXIT WHEN outcome IS NOT NULL;
        amount := costs[cardinality(charged) + 1];
        p := array_position(locked, named[i]);
        IF p IS NULL THEN
          outcome := jsonb_build_object('refused', 'unknown account', 'account', i);
        ELSIF sheets[p].frozen <> '' THEN
          outcome := jsonb_build_object('refused', 'frozen', 'account', i, 'reason', sheets[p].frozen);
        ELSIF cardinality(sheets[p].odometer) NOT IN (0, cardinality(orders)) THEN
          outcome := jsonb_build_object('refused', 'odometer', 'account', i,
            'places', cardinality(sheets[p].odometer));
        ELSIF amount > greatest(0, sheets[p]."limit" - sheets[p].spent) THEN
          outcome := jsonb_build_object('refused', 'spent', 'account', i, 'asked', amount,
            'left', greatest(0, sheets[p]."limit" - sheets[p].spent));
        END IF;
        charged := array_append(charged, locked[p]);
      END LOOP;

      IF outcome IS NULL THEN
        IF tried.state = 0 THEN  -- it has expired without an answer; NULL where there is none
          UPDATE faraday_ledger.attempt SET state = 4 WHERE id = tried.id;
          FOR i IN 1 .. cardinality(tried.accounts) LOOP
            p := array_position(locked, tried.accounts[i]);
            sheets[p].reserved := sheets[p].reserved - tried.amounts[i];
          END LOOP;
          event := event || jsonb_build_object('supersedes', tried.id);
        END IF;
        id_now := faraday_ledger.append(
          event || jsonb_build_object('charges', faraday_ledger.charges(charged, costs)));
        INSERT INTO faraday_ledger.attempt VALUES (
          id_now, event ->> 'tenant', event ->> 'request_id', decode(event ->> 'request_hash', 'base64'),
          (event ->> 'expires')::double precision, 0, charged, costs, orders);
        FOR i IN 1 .. cardinality(charged) LOOP
          p := array_position(locked, charged[i]);
          sheets[p].spent := sheets[p].spent + costs[i];
          sheets[p].reserved := sheets[p].reserved + costs[i];
          IF cardinality(sheets[p].odometer) > 0 THEN
            sheets[p].odometer := faraday_ledger.added(sheets[p].odometer, orders);
          END IF;
        END LOOP;
        outcome := jsonb_build_object('fresh', id_now);
      END IF;

    WHEN 'release', 'void' THEN
      SELECT t.* INTO tried FROM faraday_ledger.attempt t WHERE t.id = (op ->> 'attempt')::bigint;
      IF NOT FOUND OR (tried.accounts <@ locked) IS NOT TRUE THEN  -- it was made since
        outcome := '{"refused": "unknown attempt"}';
      ELSIF tried.state <> 0 THEN
        outcome := jsonb_build_object('refused', 'not open', 'state', tried.state);
      ELSIF op ->> 'do' = 'void' AND at >= tried.expires THEN
        outcome := '{"refused": "expired"}';
      ELSE
        new_state := CASE op ->> 'do' WHEN 'void' THEN 3 ELSE 1 END;
        id_now := faraday_ledger.append(event);
        UPDATE faraday_ledger.attempt SET state = new_state WHERE id = tried.id;
        IF new_state = 1 THEN
          INSERT INTO faraday_ledger.answer VALUES (tried.id, answers[(op ->> 'answer')::int]);
        END IF;
        outcome := '[]';
        FOR i IN 1 .. cardinality(tried.accounts) LOOP
          p := array_position(locked, tried.accounts[i]);
          sheets[p].reserved := sheets[p].reserved - tried.amounts[i];
          IF new_state = 3 THEN
            sheets[p].spent := sheets[p].spent - tried.amounts[i];
            IF cardinality(sheets[p].odometer) > 0 THEN
              sheets[p].odometer := faraday_ledger.taken(sheets[p].odometer, tried.odometer);
            END IF;
          ELSIF sheets[p].tenant = '' THEN
            INSERT INTO faraday_ledger.release VALUES (tried.accounts[i], id_now, tried.id, at);
          END IF;
          outcome := outcome || jsonb_build_array(jsonb_build_array(
            sheets[p].dataset, sheets[p].tenant, sheets[p]."user", tried.amounts[i]));
        END LOOP;
        outcome := jsonb_build_object('held', outcome, 'odometer', to_jsonb(tried.odometer));
      END IF;

    WHEN 'settle' THEN
      SELECT t.* INTO tried FROM faraday_ledger.attempt t WHERE t.id = (op ->> 'attempt')::bigint;
      orders := (op ->> 'odometer')::bigint[];
      charged := ARRAY(SELECT named[k.place] FROM unnest((op ->> 'accounts')::int[]) WITH ORDINALITY AS k (place, i)
        ORDER BY k.i);
      costs := (op ->> 'amounts')::bigint[];
      kept := '{}';
      back := '{}';
      IF tried.state IS DISTINCT FROM 1 OR cardinality(orders) <> cardinality(tried.odometer) THEN
        RAISE EXCEPTION 'attempt % cannot be settled', op ->> 'attempt';
      END IF;
      FOR i IN 1 .. cardinality(tried.accounts) LOOP
        kept[i] := coalesce(costs[array_position(charged, tried.accounts[i])], tried.amounts[i]);
        IF NOT kept[i] BETWEEN 0 AND tried.amounts[i] THEN
          RAISE EXCEPTION 'attempt % cannot be settled for more than it holds', tried.id;
        END IF;
        back[i] := tried.amounts[i] - kept[i];
      END LOOP;
      orders_back := ARRAY(SELECT o.held - o.spent FROM unnest(tried.odometer, orders) WITH ORDINALITY
        AS o (held, spent, place) ORDER BY o.place);
      PERFORM faraday_ledger.append(event || jsonb_build_object(
        'credits', faraday_ledger.charges(tried.accounts, back),
        'odometer_credit', to_jsonb(orders_back)));
      FOR i IN 1 .. cardinality(tried.accounts) LOOP
        p := array_position(locked, tried.accounts[i]);
        sheets[p].spent := sheets[p].spent - back[i];
        IF cardinality(sheets[p].odometer) > 0 THEN
          sheets[p].odometer := faraday_ledger.taken(sheets[p].odometer, orders_back);
        END IF;
      END LOOP;
      UPDATE faraday_ledger.attempt t SET state = 2, amounts = kept, odometer = orders WHERE t.id = tried.id;
      outcome := '{}';

    WHEN 'lease' THEN
      p := array_position(locked, named[(op ->> 'account')::int]);
      IF p IS NULL THEN
        outcome := '{"refused": "unknown account"}';
      ELSIF sheets[p].frozen <> '' THEN
        outcome := jsonb_build_object('refused', 'frozen', 'reason', sheets[p].frozen);
      ELSE
        unspent := greatest(0, sheets[p]."limit" - sheets[p].spent);
        amount := (op ->> 'needed')::bigint;
        IF amount > unspent THEN
          outcome := jsonb_build_object('refused', 'spent', 'asked', amount, 'left', unspent);
        ELSE
          IF unspent >= (op ->> 'small')::bigint THEN
            amount := amount + (unspent - amount) / (op ->> 'share')::bigint;
          END IF;
          PERFORM faraday_ledger.append(event || jsonb_build_object('account', locked[p], 'amount', amount));
          INSERT INTO faraday_ledger.lease AS l VALUES (locked[p], event ->> 'holder', amount)
            ON CONFLICT (account, holder) DO UPDATE SET held_picorho = l.held_picorho + excluded.held_picorho;
          sheets[p].spent := sheets[p].spent + amount;
          outcome := jsonb_build_object('taken', amount);
        END IF;
      END IF;

    WHEN 'give_back' THEN
      p := array_position(locked, named[(op ->> 'account')::int]);
      amount := (event ->> 'amount')::bigint;
      UPDATE faraday_ledger.lease l SET held_picorho = l.held_picorho - amount
        WHERE l.account = locked[p] AND l.holder = event ->> 'holder' AND amount BETWEEN 0 AND l.held_picorho;
      IF NOT FOUND THEN
        RAISE EXCEPTION 'holder % gives back more than it holds', event ->> 'holder';
      END IF;
      PERFORM faraday_ledger.append(event || jsonb_build_object('account', locked[p]));
      sheets[p].spent := sheets[p].spent - amount;
      outcome := '{}';
    END CASE;
    results[place] := outcome;
  END LOOP;

  UPDATE faraday_ledger.account a SET
      limit_picorho = s."limit", epsilon = s.epsilon, spent_picorho = s.spent, reserved_picorho = s.reserved,
      frozen = s.frozen, odometer = s.odometer
    FROM unnest(sheets) AS s
    WHERE a.id = s.id AND (a.limit_picorho, a.epsilon, a.spent_picorho, a.reserved_picorho, a.frozen, a.odometer)
      IS DISTINCT FROM (s."limit", s.epsilon, s.spent, s.reserved, s.frozen, s.odometer);
  UPDATE faraday_ledger.writer w SET batch = number, outcomes = results WHERE w.id = this_writer;
  RETURN results;
END $$;
"""
