-- `words` and column MATCHes as people type them; what FTS5 takes means what it means to FTS5.
.nullvalue NULL
CREATE TABLE papers(pmid INTEGER PRIMARY KEY, title TEXT, abstract TEXT, year INT);
INSERT INTO papers VALUES
  (1, 'IL-6 in COVID-19', 'Interleukin 6 (IL-6) and Crohn''s disease.', 2001),
  (2, 'IL-10 and 6 mice', 'An animal study: IL 10, then 6 more.', 2010),
  (3, 'Heart failure', 'Heart failure in animals; poly(A) tails.', 2015),
  (4, 'Heart failure', 'Failure of the heart in people; immunotherapy.', 2018),
  (5, 'Immune cells', 'CD4+ and CD8+ T cells, Ca2+ and HLA-DRB1*15:01.', 2020),
  (6, NULL, NULL, 2021);
CREATE VIRTUAL TABLE s USING biobert(title, abstract, year UNINDEXED, content='papers', content_rowid='pmid');
INSERT INTO s(s) VALUES('sync');
CREATE TABLE typed(w TEXT);
.mode list

-- Hyphens, apostrophes, brackets and signs of the text itself: a phrase, as if in quotes.
SELECT rowid FROM s WHERE words MATCH 'IL-6' ORDER BY rowid;
SELECT rowid FROM s WHERE words MATCH '"IL-6"' ORDER BY rowid;
SELECT rowid FROM s WHERE words MATCH 'COVID-19 AND Crohn''s' ORDER BY rowid;
SELECT rowid FROM s WHERE words MATCH 'IL-6*' ORDER BY rowid;
SELECT rowid FROM s WHERE words MATCH 'poly(A) heart' ORDER BY rowid;
SELECT rowid FROM s WHERE words MATCH 'HLA-DRB1*15:01, Ca2+ & CD8+' ORDER BY rowid;
SELECT rowid FROM s WHERE words MATCH 'title:IL-6 OR abstract:IL-10' ORDER BY rowid;
SELECT rowid FROM s WHERE title MATCH 'COVID-19' ORDER BY rowid;
SELECT rowid FROM s WHERE words MATCH 'NEAR(IL-6 disease, 5)' ORDER BY rowid;

-- NOT in front, and behind AND: rows that do not have it, beside a question and alone.
SELECT rowid FROM s WHERE s MATCH 'heart' AND words MATCH 'NOT animal*' ORDER BY rowid;
SELECT rowid FROM s WHERE s MATCH 'heart' AND words MATCH 'failure AND NOT animal*' ORDER BY rowid;
SELECT rowid FROM s WHERE s MATCH 'heart' AND words MATCH 'NOT animal* AND NOT (immun* OR cells)' ORDER BY rowid;
SELECT rowid FROM s WHERE s MATCH 'heart' AND title MATCH 'NOT heart' AND words MATCH 'NOT COVID-19' ORDER BY rowid;
SELECT rowid FROM s WHERE s MATCH 'heart' AND words MATCH 'cells OR NOT animal*' ORDER BY rowid;
SELECT count(*) FROM s WHERE s MATCH 'heart' AND words MATCH 'NOT nothere';
SELECT rowid, bm25, distance FROM s WHERE words MATCH 'NOT animal*';
SELECT rowid FROM s WHERE words MATCH 'NOT animal*' AND year > 2015 LIMIT 1;
SELECT count(*) FROM s('heart', 1) WHERE words MATCH 'NOT failure';

-- Nothing typed is no filter; NULL finds nothing.
SELECT count(*) FROM s WHERE s MATCH 'heart' AND words MATCH '';
SELECT count(*) FROM s WHERE s MATCH 'heart' AND words MATCH '  ' AND title MATCH '';
SELECT rowid FROM s WHERE s MATCH 'heart' AND words MATCH '' AND title MATCH 'immune';
SELECT count(*) FROM s WHERE words MATCH '' AND year > 2010;
SELECT count(*) FROM s WHERE s MATCH 'heart' AND words MATCH NULL;

-- Brackets side by side, and brackets that would leave the column or the other argument.
SELECT rowid FROM s WHERE words MATCH '(heart OR immune) (failure OR cells)' ORDER BY rowid;
SELECT rowid FROM s WHERE title MATCH 'a) OR (b';
SELECT rowid FROM s WHERE title MATCH 'heart) OR abstract : (cells';
SELECT rowid FROM s WHERE words MATCH 'heart' AND title MATCH 'x) NOT (y';
SELECT rowid FROM s WHERE words MATCH '(heart';
SELECT rowid FROM s WHERE title MATCH 'abstract : cells';

-- Syntax keeps its meaning.
SELECT rowid FROM s WHERE words MATCH 'heart NOT animals' ORDER BY rowid;
SELECT rowid FROM s WHERE words MATCH 'heart + failure' ORDER BY rowid;
SELECT rowid FROM s WHERE words MATCH '^ failure' ORDER BY rowid;
SELECT rowid FROM s WHERE words MATCH '- title : heart' ORDER BY rowid;
SELECT rowid FROM s WHERE words MATCH '{title abstract} : immun*' ORDER BY rowid;
SELECT rowid FROM s WHERE words MATCH 'NEAR(failure people, 4)' ORDER BY rowid;
SELECT rowid FROM s WHERE words MATCH 'heart not' ORDER BY rowid;

-- What cannot be meant says what to type.
SELECT rowid FROM s WHERE words MATCH '"heart';
SELECT rowid FROM s WHERE words MATCH 'heart AND';
SELECT rowid FROM s WHERE words MATCH 'OR heart';
SELECT rowid FROM s WHERE words MATCH 'heart -animal';
SELECT rowid FROM s WHERE words MATCH 'heart -"animal study"';
SELECT rowid FROM s WHERE words MATCH 'titel:heart';
SELECT rowid FROM s WHERE words MATCH 'year : 2010';
SELECT rowid FROM s WHERE words MATCH '*itis';
SELECT rowid FROM s WHERE words MATCH 'NEAR(heart failure';
SELECT rowid FROM s WHERE words MATCH '((((((((((((((((IL-6))))))))))))))))';
SELECT rowid FROM s WHERE words MATCH x'6865617274';

-- A question is language, whatever it looks like.
SELECT count(*) FROM s('NOT omeprazole');
SELECT count(*) FROM s('"IL-6) OR (');
