"""The statements that make the bench tenant's rows, skewed as real ones are.

A few threads hold thousands of messages, most hold a dozen; a handful of words is everywhere, and
one is nearly nowhere.
"""

from __future__ import annotations

INDEXES = """
SELECT i.indexname, i.indexdef FROM pg_indexes i
WHERE i.schemaname = current_schema() AND i.tablename = ANY(%s)
  AND NOT EXISTS (SELECT 1 FROM pg_constraint c JOIN pg_class k ON k.oid = c.conindid
                  JOIN pg_namespace n ON n.oid = k.relnamespace
                  WHERE k.relname = i.indexname AND n.nspname = i.schemaname)
"""

EMPTY = """
TRUNCATE messaging_message, messaging_recipient, messaging_messageevent, messaging_conversation,
  messaging_readmark, messaging_contact, messaging_optout CASCADE
"""

# The first threads are very long, some are long, the others share the rest.
_SIZES = """
CREATE TEMP TABLE thread ON COMMIT DROP AS
WITH weighed AS (
  SELECT i, %(conversations)s / 2500 AS longest, %(conversations)s / 100 AS long,
    %(messages)s / 200 AS longest_size, %(messages)s / 3333 AS long_size,
    1 + (i * 7919) %% 27 AS weight
  FROM generate_series(1, %(conversations)s) i
), shared AS (
  SELECT *, %(messages)s - longest * longest_size - (long - longest) * long_size AS rest,
    sum(weight) FILTER (WHERE i > long) OVER (ORDER BY i) AS until,
    sum(weight) FILTER (WHERE i > long) OVER () AS whole
  FROM weighed
)
SELECT i,
  CASE WHEN i <= longest THEN longest_size WHEN i <= long THEN long_size
       ELSE rest * until / whole - rest * (until - weight) / whole END AS size,
  now() - make_interval(secs => 600 + power(random(), 3) * 30000000) AS last_at
FROM shared
"""

_WORDS = """
CREATE TEMP TABLE phrases ON COMMIT DROP AS
SELECT ARRAY[
  'Hi, can I move my appointment to', 'Your order is ready, please collect it by',
  'Thank you! See you on', 'What are your opening hours on', 'We are open from 9 to 5 except',
  'Could you send me the invoice for', 'The driver could not find the entrance of',
  'Please call me back about', 'Yes, that works. The technician comes with',
  'Is it possible to get a quote for', 'I will be ten minutes late because of',
  'Reminder: your appointment is tomorrow. Reply YES to confirm', 'The parts arrived for',
  'Can somebody look at', 'We have received your payment for', 'Great, thank you for',
  'No problem, we have put it down for', 'My address changed to', 'Do you take insurance from',
  'Please bring your papers for'] AS start,
  (SELECT array_agg(a || b || c) FROM unnest(ARRAY['ba','co','di','fe','ga','hu','jo','ki','la',
     'mo','nu','pe','ra','so','ti']) a, unnest(ARRAY['ber','con','dam','fin','gor','han','lin',
     'mer','nel','pol','ris','tan']) b, unnest(ARRAY['ta','ley','son','wick','ford','ham','mond',
     'by','ston','er']) c) AS word
"""

_MESSAGES = """
INSERT INTO messaging_message (id, conversation_id, direction, kind, status, sender, text,
  segment_count, encoding, consent_keyword, author_id, provider_message_id, failure_reason,
  error_code, error_text, attempts, lookups, origin,
  routes_tried, created_at, sent_at)
SELECT gen_random_uuid(), i, CASE WHEN is_ours THEN 'out' ELSE 'in' END, 'sms',
  CASE WHEN NOT is_ours THEN 'received' WHEN lot < 4 THEN 'failed' WHEN lot < 6 THEN 'sent'
       WHEN lot < 7 THEN 'unconfirmed' ELSE 'delivered' END,
  CASE WHEN is_ours THEN '+1919555' || lpad((100 + i %% 20)::text, 4, '0')
       ELSE '+1' || (3122000000 + i * 13) END,
  start[1 + floor(random() * 20)::int] || ' ' || word[1 + floor(random() * 1800)::int] || ' '
    || word[1 + floor(power(random(), 4) * 1800)::int]
    || CASE WHEN (i * 131 + k) %% 40000 = 3 THEN ' zebrafish' ELSE '' END,
  1, 'GSM-7', '', CASE WHEN is_ours THEN %(admin)s END, 'bench-' || i || '-' || k,
  CASE WHEN is_ours AND lot < 4 THEN 'unreachable' ELSE '' END,
  CASE WHEN is_ours AND lot < 4 THEN '4720' ELSE '' END, '', 1, 0, 'person', 0, at,
  CASE WHEN is_ours THEN at END
FROM (
  SELECT i, k, (i * 7 + k * 13) %% 5 < 3 AS is_ours, (i * 37 + k * 101) %% 100 AS lot,
    last_at - k * least(interval '6 hours', interval '700 days' / size) AS at
  FROM thread, generate_series(0, size::int - 1) k
) AS said, phrases
"""

_RECIPIENTS = """
INSERT INTO messaging_recipient (message_id, number, dialed, status, error_code)
SELECT id, '+1' || (3122000000 + conversation_id * 13), '', status, error_code
FROM messaging_message WHERE direction = 'out'
"""

# One in fifty is a group, one in twenty has no extension.
_CONVERSATIONS = """
INSERT INTO messaging_conversation (id, our_number, participants_key, extension_id, shared_with,
  last_text, last_at, last_inbound_at, last_status, last_direction, created_at)
SELECT i, '+1919555' || lpad((100 + i %% 20)::text, 4, '0'),
  '+1' || (3122000000 + i * 13) || CASE WHEN i %% 50 = 7 THEN ',+1' || (3122000005 + i * 13)
                                        ELSE '' END,
  CASE WHEN i %% 20 = 19 AND i %% 3 = 0 THEN NULL ELSE e.id END, '{}',
  m.text, m.created_at, NULL, m.status, m.direction, last_at - interval '700 days'
FROM thread
JOIN messaging_extension e ON e.number = (101 + i %% 20)::text
JOIN messaging_message m ON m.conversation_id = i AND m.created_at = last_at
"""

_INBOUND = """
UPDATE messaging_conversation SET last_inbound_at = latest.at
FROM (SELECT conversation_id, max(created_at) AS at FROM messaging_message
      WHERE direction = 'in' GROUP BY conversation_id) AS latest
WHERE latest.conversation_id = messaging_conversation.id
"""

_SEQUENCE = """
SELECT setval(pg_get_serial_sequence('messaging_conversation', 'id'), %(conversations)s)
"""

# The admin has read nearly all, with the newest as the likeliest exceptions.
_READ = """
INSERT INTO messaging_readmark (user_id, conversation_id, read_at)
SELECT person, c.id, CASE WHEN c.id %% 12 = 0 THEN c.last_at - interval '2 days' ELSE c.last_at END
FROM messaging_conversation c
JOIN messaging_extension e ON e.id = c.extension_id, unnest(ARRAY[%(admin)s, %(user)s]) person
WHERE (person = %(admin)s OR e.number = '101') AND c.id %% 25 <> 0
"""

_CONTACTS = """
INSERT INTO messaging_contact (number, name, company, email, tags, notes, created_at)
SELECT '+1' || (3122000000 + i * 13),
  first[1 + i %% 20] || ' ' || initcap(word[1 + (i * 7) %% 1800]), '', '', '{}', '', now()
FROM generate_series(1, %(conversations)s) i, phrases,
  (SELECT ARRAY['Dana','Marco','Priya','Lena','Tom','Ann','Bea','Carl','Eve','Finn','Gil','Hana',
    'Ivo','Jane','Kim','Leo','Mia','Noah','Olga','Pia'] AS first) names
WHERE i %% 5 <> 0
"""

_OPT_OUTS = """
INSERT INTO messaging_optout (our_number, number, source, created_at)
SELECT NULL, '+1' || (3122000000 + i * 13), 'keyword', now()
FROM generate_series(1, %(conversations)s, 100) i
"""

FILL = (
    _SIZES,
    _WORDS,
    _MESSAGES,
    _RECIPIENTS,
    _CONVERSATIONS,
    _INBOUND,
    _SEQUENCE,
    _READ,
    _CONTACTS,
    _OPT_OUTS,
)
