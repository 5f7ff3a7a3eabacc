-- rerank_and_answer.sql - a question to a table of texts, in one statement: the 50 nearest by
-- embedding, the 3 best of them by a cross-encoder, and the answer that stands in each.
--
--     .load ./biobert
--     SELECT biobert_load('/models/medcpt-cross-encoder', 'reranker');
--     SELECT biobert_load('/models/biobert-squad', 'qa');
--     .parameter set :question "'Which drug prevents a second stroke?'"
--     .read sql/queries/rerank_and_answer.sql
--
-- Reads papers(pmid INTEGER PRIMARY KEY, title, abstract) and takes three models: the default one
-- embeds, and of the others each is the only loaded one with its head, so that none is named. The
-- first stage runs the default model on every row, which is for hundreds of rows; with stored
-- vectors write biobert_similarity(:question, embedding), and with a search index
-- `FROM papers_search JOIN papers ON pmid = papers_search.rowid WHERE papers_search MATCH :question
-- LIMIT 50`. The cross-encoder reads question and text together: slower, and better, hence second.
-- MATERIALIZED: each stage is computed once, however often its columns are used.
WITH nearest AS MATERIALIZED (
       SELECT pmid, title, abstract, biobert_similarity(:question, abstract) AS similarity
         FROM papers WHERE abstract <> '' ORDER BY similarity DESC LIMIT 50),
     best AS MATERIALIZED (
       SELECT *, biobert_rerank(:question, abstract) AS relevance
         FROM nearest ORDER BY relevance DESC LIMIT 3)
SELECT best.pmid, best.title, round(best.similarity, 3) AS similarity,
       round(best.relevance, 3) AS relevance, found.answer, round(found.score, 3) AS score
  FROM best JOIN biobert_answer(:question, best.abstract) AS found
 ORDER BY best.relevance DESC;
