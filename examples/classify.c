/* Names what a picture shows, in C:
 *
 *   classify MODEL PROMPT IMAGE [NAME...]
 *
 * PROMPT: a prompt file or run folder, asked among NAMEs or those that the run learned; "-": CLIP as
 * it is, among NAMEs. */
#include <qprompt.h>
#include <stdio.h>
#include <string.h>

static int failed(void) {
  fprintf(stderr, "classify: %s\n", qprompt_last_error());
  return 1;
}

static qprompt_status load_classifier(const qprompt_model* model, char** words, size_t count,
                                      qprompt_classifier** classifier) {
  const char* const* names = count > 3 ? (const char* const*)(words + 3) : NULL;
  const size_t name_count = count > 3 ? count - 3 : 0;
  if (strcmp(words[1], "-") == 0) {
    return qprompt_classifier_zero_shot(model, NULL, names, name_count, classifier);
  }
  return qprompt_classifier_load(model, words[1], names, name_count, classifier);
}

int main(int argc, char** argv) {
  if (argc < 4) {
    fprintf(stderr, "usage: classify MODEL PROMPT|- IMAGE [NAME...]\n");
    return 2;
  }
  qprompt_model* model = NULL;
  qprompt_classifier* classifier = NULL;
  qprompt_results* results = NULL;
  const qprompt_image image = qprompt_image_file(argv[3]);
  if (qprompt_model_load(argv[1], NULL, &model)) return failed();
  if (load_classifier(model, argv + 1, (size_t)argc - 1, &classifier)) return failed();
  if (qprompt_classify(classifier, &image, 1, NULL, &results)) return failed();

  const qprompt_answer* answer = qprompt_results_answer(results, 0);
  printf("%s %.2f %%\n", answer->scores[0].class_name, 100 * answer->scores[0].probability);

  qprompt_results_free(results);
  qprompt_classifier_free(classifier);
  qprompt_model_free(model);
  return 0;
}
