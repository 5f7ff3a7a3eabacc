-- biobert_plain(): text without its markup.
.mode list
.nullvalue NULL
SELECT biobert_plain('<p>p &lt; 0.05, a<b</p><p>CO<sub>2</sub> &beta;-catenin</p>');
SELECT biobert_plain('no markup:  p < 0.05 & a<b');
SELECT biobert_plain(NULL), biobert_plain(''), biobert_plain(12.5), typeof(biobert_plain('<p></p>'));
SELECT biobert_plain(x'3c703e');
SELECT biobert_plain();
-- Innocuous and deterministic: in an index, a generated column, a view of a schema that is not trusted.
PRAGMA trusted_schema = OFF;
CREATE TABLE t(html TEXT, text TEXT AS (biobert_plain(html)) STORED);
CREATE INDEX t_text ON t(biobert_plain(html));
CREATE VIEW v AS SELECT biobert_plain(html) AS text FROM t;
INSERT INTO t(html) VALUES ('<h1>A</h1>b');
SELECT t.text, v.text FROM t, v;
-- A sentence ends with its line or its paragraph.
SELECT h.text FROM biobert_highlight('x', 'BACKGROUND: Little is known' || char(10) || 'METHODS: We measured it', 9) h ORDER BY start_byte;
SELECT h.text FROM biobert_highlight('x', '<p>Little is known</p><p>we measured it</p>', 9) h ORDER BY start_byte;
SELECT text FROM biobert_chunks('BACKGROUND: Little is known' || char(10) || 'METHODS: We measured it', 24);
-- Too long for this connection.
.limit length 100
SELECT length(biobert_plain(printf('%.60c', '<')));
