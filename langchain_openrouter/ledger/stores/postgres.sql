-- What a ledger keeps in PostgreSQL, and its steps. `rules.py` says in Python what each step does; this says the same,
-- so that a step is one statement, and no lock waits for a client. One suite of tests holds both against each other.
--
-- It runs in the schema of the ledger. Functions that clients call look for tables in that schema, wherever the client
-- looks (SET search_path FROM CURRENT), and first of all take the ledger's lock: one step at a time, no deadlock.
-- They give up sooner than their clients, so that no step is done for somebody who has left.
-- They wait for it in a transaction of their own, READ COMMITTED: else they would not see what the others wrote.

CREATE TABLE version (number integer NOT NULL);
INSERT INTO version VALUES (0);

CREATE TABLE calls (
    id text COLLATE "C" PRIMARY KEY,
    generation_id text UNIQUE,
    started_at bigint NOT NULL,
    amount bigint NOT NULL,
    pending boolean NOT NULL,
    counters text[] NOT NULL,
    data text NOT NULL
);
CREATE INDEX calls_by_time ON calls (started_at, id);
CREATE INDEX calls_pending ON calls (started_at, id) WHERE pending;

CREATE TABLE holds (
    id text COLLATE "C" PRIMARY KEY,
    amount bigint NOT NULL,
    expires_at bigint NOT NULL,
    counters text[] NOT NULL,
    -- What is booked when it expires; no `entry_id` where nothing is.
    entry_id text,
    entry_amount bigint,
    entry_started_at bigint,
    entry_generation_id text,
    entry_pending boolean,
    entry_data text
);
CREATE INDEX holds_by_expiry ON holds (expires_at, id);

CREATE TABLE counters (
    key text COLLATE "C" PRIMARY KEY,
    spent bigint NOT NULL,
    reserved bigint NOT NULL,
    peak bigint NOT NULL,
    kept_until bigint
) WITH (fillfactor = 50); -- changed with each call; room on the page keeps the index out of it
CREATE INDEX counters_by_end ON counters (kept_until) WHERE kept_until IS NOT NULL;

CREATE TABLE limits (budget text COLLATE "C" PRIMARY KEY, nano bigint NOT NULL);

CREATE TYPE movement AS (counter text, before bigint, after bigint);


-- One step at a time in this ledger; the lock ends with the transaction. Where `lasting` is false, the step does not wait
-- for the disk: a server that crashes may forget what was set aside in its last moments, but not what was booked.
CREATE FUNCTION take_turn(lasting boolean) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    IF NOT lasting THEN
        PERFORM set_config('synchronous_commit', 'off', true);
    END IF;
    IF current_setting('transaction_isolation') <> 'read committed' THEN
        RAISE 'The ledger needs transactions of the level READ COMMITTED.' USING
            HINT = 'Add to the URL: ?options=-c%20default_transaction_isolation%3Dread%5C%20committed';
    END IF;
    PERFORM pg_advisory_xact_lock(hashtextextended('langchain_openrouter ' || current_schema(), 0));
END $$;

CREATE FUNCTION time_or(now bigint) RETURNS bigint LANGUAGE sql AS $$
    SELECT coalesce(now, floor(extract(epoch FROM clock_timestamp()) * 1000)::bigint)
$$;


-- Add to what was spent; without `anew`, a counter that is gone stays gone.
CREATE FUNCTION charge(counter text, ends bigint, cost bigint, anew boolean) RETURNS movement[] LANGUAGE plpgsql AS $$
DECLARE
    before bigint;
    after bigint;
BEGIN
    SELECT peak INTO before FROM counters WHERE key = counter;
    IF before IS NULL THEN
        IF NOT anew THEN
            RETURN '{}';
        END IF;
        before := 0;
        INSERT INTO counters VALUES (counter, 0, 0, 0, ends);
    END IF;
    UPDATE counters SET
        spent = greatest(0, spent + cost),
        peak = greatest(peak, spent + cost),
        kept_until = coalesce(ends, kept_until)
    WHERE key = counter RETURNING peak INTO after;
    RETURN CASE WHEN after > before THEN ARRAY[(counter, before, after)::movement] ELSE '{}' END;
END $$;


-- Give back what was set aside for a call in some counters; NULL stands for all of them.
CREATE FUNCTION give_back(call text, held text[]) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    hold holds;
    remaining text[];
BEGIN
    SELECT * INTO hold FROM holds WHERE id = call;
    IF NOT found THEN
        RETURN;
    END IF;
    held := coalesce(held, hold.counters);
    UPDATE counters SET reserved = reserved - hold.amount WHERE key = ANY(hold.counters) AND key = ANY(held);
    remaining := ARRAY(SELECT name FROM unnest(hold.counters) WITH ORDINALITY AS each(name, place)
                       WHERE name <> ALL(held) ORDER BY place);
    IF remaining = '{}' THEN
        DELETE FROM holds WHERE id = call;
    ELSE
        UPDATE holds SET counters = remaining WHERE id = call;
    END IF;
END $$;


-- Put a call in the ledger and charge it; see `_book` in rules.py.
CREATE FUNCTION book(
    entry calls, targets text[], ends bigint[], anew boolean,
    OUT outcome text, OUT movements movement[]
) LANGUAGE plpgsql AS $$
DECLARE
    known calls;
    counter text;
    place integer;
BEGIN
    movements := '{}';
    SELECT * INTO known FROM calls WHERE id = entry.id;
    IF EXISTS (SELECT FROM calls WHERE generation_id = entry.generation_id AND id <> entry.id) THEN
        outcome := 'replayed';
        IF known.pending THEN -- what was only supposed is known now: it cost nothing
            DELETE FROM calls WHERE id = entry.id;
            FOREACH counter IN ARRAY known.counters LOOP
                PERFORM charge(counter, NULL, -known.amount, false);
            END LOOP;
        END IF;
        RETURN;
    END IF;
    entry.counters := coalesce(known.counters, '{}');
    IF known.id IS NULL THEN
        outcome := 'booked';
    ELSIF known.pending THEN
        outcome := 'corrected';
        FOREACH counter IN ARRAY known.counters LOOP
            movements := movements || charge(counter, NULL, entry.amount - known.amount, false);
        END LOOP;
    ELSE
        outcome := 'known';
        entry := known;
    END IF;
    FOR place IN 1 .. cardinality(targets) LOOP
        counter := targets[place];
        CONTINUE WHEN counter = ANY(entry.counters);
        CONTINUE WHEN NOT anew AND NOT EXISTS (SELECT FROM counters WHERE key = counter);
        movements := movements || charge(counter, ends[place], entry.amount, anew);
        entry.counters := entry.counters || counter;
    END LOOP;
    INSERT INTO calls SELECT (entry).* ON CONFLICT (id) DO UPDATE SET
        generation_id = excluded.generation_id, started_at = excluded.started_at, amount = excluded.amount,
        pending = excluded.pending, counters = excluded.counters, data = excluded.data
    WHERE calls.pending OR calls.counters <> excluded.counters;
END $$;


-- End the holds whose time is over: book what they were to book, or give the money back.
CREATE FUNCTION sweep(now bigint) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    hold holds;
BEGIN
    FOR hold IN SELECT * FROM holds WHERE expires_at <= now ORDER BY expires_at, id LOOP
        PERFORM give_back(hold.id, NULL);
        IF hold.entry_id IS NOT NULL THEN
            PERFORM book(
                (hold.entry_id, hold.entry_generation_id, hold.entry_started_at, hold.entry_amount, hold.entry_pending,
                 '{}', hold.entry_data)::calls,
                hold.counters, '{}', false
            );
        END IF;
    END LOOP;
END $$;


-- Set money aside in all counters, or in none. `refused` names the counter that a call does not fit into. A new hold
-- comes without its end, which is `lease` milliseconds after the time of this step.
CREATE FUNCTION reserve(
    hold holds, lease bigint, claimed text[], claim_limits bigint[], budgets text[], shares bigint[], ends bigint[],
    now bigint, OUT refused text, OUT allowed bigint, OUT spent bigint, OUT reserved bigint
) LANGUAGE plpgsql SET search_path FROM CURRENT SET lock_timeout = '5s' AS $$
DECLARE
    there holds;
    remaining bigint;
    place integer;
BEGIN
    PERFORM take_turn(false);
    now := time_or(now);
    PERFORM sweep(now);
    hold.expires_at := now + lease;
    SELECT * INTO there FROM holds WHERE id = hold.id;
    IF there.id IS NOT NULL THEN
        hold := there;
    END IF;
    FOR place IN 1 .. cardinality(claimed) LOOP
        CONTINUE WHEN hold.amount = 0 OR claimed[place] = ANY(hold.counters);
        SELECT each.spent, each.reserved INTO spent, reserved FROM counters AS each WHERE key = claimed[place];
        spent := coalesce(spent, 0);
        reserved := coalesce(reserved, 0);
        allowed := coalesce((SELECT nano FROM limits WHERE budget = budgets[place]), claim_limits[place]);
        remaining := allowed - spent - reserved;
        -- Thousandths of the most that a ledger counts (2^53) are still less than a bigint holds.
        IF hold.amount > coalesce(remaining * shares[place] / 1000, remaining) THEN
            refused := claimed[place];
            RETURN;
        END IF;
    END LOOP;
    FOR place IN 1 .. cardinality(claimed) LOOP
        CONTINUE WHEN claimed[place] = ANY(hold.counters);
        INSERT INTO counters AS each VALUES (claimed[place], 0, hold.amount, 0, ends[place])
        ON CONFLICT (key) DO UPDATE SET
            reserved = each.reserved + hold.amount, kept_until = coalesce(excluded.kept_until, each.kept_until);
        hold.counters := hold.counters || claimed[place];
    END LOOP;
    INSERT INTO holds SELECT (hold).* ON CONFLICT (id) DO UPDATE SET counters = excluded.counters;
END $$;


-- Book what a call cost, and give back what was set aside for it.
CREATE FUNCTION settle(entry calls, held text[], charged text[], ends bigint[], OUT outcome text, OUT movements json)
LANGUAGE plpgsql SET search_path FROM CURRENT SET lock_timeout = '5s' AS $$
DECLARE
    booked record;
BEGIN
    PERFORM take_turn(true);
    PERFORM give_back(entry.id, held);
    booked := book(entry, charged, ends, true);
    outcome := booked.outcome;
    movements := array_to_json(booked.movements);
END $$;


-- Give back what was set aside for a call that cost nothing.
CREATE FUNCTION release(call text, held text[]) RETURNS void
LANGUAGE plpgsql SET search_path FROM CURRENT SET lock_timeout = '5s' AS $$
BEGIN
    PERFORM take_turn(false);
    PERFORM give_back(call, held);
END $$;


-- Give counters that are there, expired holds swept.
CREATE FUNCTION balances(keys text[], now bigint) RETURNS SETOF counters
LANGUAGE plpgsql SET search_path FROM CURRENT SET lock_timeout = '5s' AS $$
BEGIN
    PERFORM take_turn(false);
    PERFORM sweep(time_or(now));
    RETURN QUERY SELECT * FROM counters WHERE key = ANY(keys);
END $$;


-- Forget counters whose time is over, and nothing is reserved in.
CREATE FUNCTION prune_counters(ended_before bigint) RETURNS void
LANGUAGE plpgsql SET search_path FROM CURRENT SET lock_timeout = '5s' AS $$
BEGIN
    PERFORM take_turn(true);
    DELETE FROM counters WHERE kept_until < ended_before AND reserved = 0;
END $$;


-- Forget old calls, no more than `most` of them, so that others do not wait for long; gives how many.
CREATE FUNCTION prune_calls(begun_before bigint, most integer) RETURNS bigint
LANGUAGE plpgsql SET search_path FROM CURRENT SET lock_timeout = '5s' AS $$
DECLARE
    forgotten bigint;
BEGIN
    PERFORM take_turn(true);
    DELETE FROM calls WHERE id IN (SELECT id FROM calls WHERE started_at < begun_before LIMIT most);
    GET DIAGNOSTICS forgotten = ROW_COUNT;
    RETURN forgotten;
END $$;
