/* tasks.c - the table of tasks. */
#include "trainer/tasks.h"

#include "base/names.h"

/* Learning rates with which the papers fine-tuned: Devlin et al. 2019, A.3 (2e-5 to 5e-5);
 * Reimers & Gurevych 2019, 3.1 (2e-5). */
/* clang-format off */
static const bb_training_task tasks[] = {
    {.name = "mlm", .columns = "text", .least_columns = 1, .most_columns = 1,
     .row = bb_row_masked, .head = BB_TASK_FILL_MASK,
     .loss = bb_part_masked, .targets = bb_count_masked,
     .measure = bb_measure_perplexity, .metric = "perplexity", .smaller_is_better = true,
     .learning_rate = 5e-5, .folder = BB_FOLDER_MASKED_WORDS},
    {.name = "classify", .columns = "text [, second text], label", .least_columns = 2, .most_columns = 3,
     .row = bb_row_classify, .label_width = 1, .has_labels = true, .head = BB_TASK_CLASSIFY,
     .loss = bb_part_labels, .targets = bb_count_texts,
     .measure = bb_measure_labels, .metric = "macro_f1",
     .learning_rate = 5e-5, .folder = BB_FOLDER_TEXTS},
    {.name = "regress", .columns = "text [, second text], number", .least_columns = 2, .most_columns = 3,
     .row = bb_row_regress, .head = BB_TASK_RERANK,
     .loss = bb_part_squares, .targets = bb_count_texts,
     .measure = bb_measure_ranks, .metric = "spearman",
     .learning_rate = 5e-5, .folder = BB_FOLDER_CROSS_ENCODER},
    {.name = "rerank", .columns = "text, second text, number from 0 to 1", .least_columns = 3, .most_columns = 3,
     .row = bb_row_rerank, .head = BB_TASK_RERANK,
     .loss = bb_part_targets, .targets = bb_count_texts,
     .measure = bb_measure_precision, .metric = "average_precision",
     .learning_rate = 2e-5, .folder = BB_FOLDER_CROSS_ENCODER},
    {.name = "entities", .columns = "text, spans", .least_columns = 2, .most_columns = 2,
     .row = bb_row_entities, .labels_tokens = true, .has_labels = true, .head = BB_TASK_NER,
     .loss = bb_part_tokens_loss, .targets = bb_count_tokens,
     .measure = bb_measure_spans, .metric = "f1",
     .learning_rate = 5e-5, .folder = BB_FOLDER_TOKENS},
    {.name = "answer", .columns = "question, context, answer, start_byte", .least_columns = 4, .most_columns = 4,
     .row = bb_row_answer, .label_width = BB_ANSWER_LABELS, .labels_tokens = true, .head = BB_TASK_ANSWER,
     .loss = bb_part_answers, .targets = bb_count_texts,
     .measure = bb_measure_answers, .metric = "f1",
     .learning_rate = 3e-5, .folder = BB_FOLDER_ANSWERS},
    {.name = "embed", .columns = "anchor, positive [, negative]", .least_columns = 2, .most_columns = 3,
     .row = bb_row_embed, .label_width = BB_EMBED_LABELS, .head = BB_TASK_EMBED,
     .measure = bb_measure_neighbours, .metric = "mrr@10",
     .learning_rate = 2e-5, .folder = BB_FOLDER_SENTENCES},
    {.name = "distil", .columns = "text", .least_columns = 1, .most_columns = 1,
     .row = bb_row_distil, .label_width = 1, .head = BB_TASK_EMBED,
     .measure = bb_measure_cosine, .metric = "cosine",
     .learning_rate = 1e-4, .folder = BB_FOLDER_SENTENCES},
};
/* clang-format on */

biobert_status bb_training_task_find(biobert_str name, const bb_training_task **out,
                                     biobert_error *err) {
  for (size_t i = 0; i < sizeof tasks / sizeof *tasks; i++) {
    *out = &tasks[i];
    if (bb_str_equal(name, tasks[i].name)) return BIOBERT_OK;
  }
  return bb_not_one_of(err, "task", name, BB_NAMES(tasks, name));
}
