/* QPrompt for C, and for whatever calls C: a model, classifiers on it, images to names.
 *
 * Every function returns a qprompt_status, but for those that free, qprompt_version,
 * qprompt_last_error and qprompt_results_answer. Where it is not QPROMPT_OK, nothing was done, what
 * the last argument points at is NULL or as it was, and qprompt_last_error() says in a line what
 * came and what was expected. NULL where something is needed is such an error.
 *
 * Handles belong to the caller, who frees each once; freeing NULL does nothing. A classifier keeps
 * what it needs of its model, so the two may be freed in any order. Any number of threads may use
 * one handle at once, with the results that one thread has. Strings are UTF-8, paths bytes as the
 * system has them; what is passed in is not needed after the call.
 *
 * docs/c.md shows all of it at work. */
#ifndef QPROMPT_H
#define QPROMPT_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define QPROMPT_C_API __attribute__((visibility("default")))

typedef enum qprompt_status {
  QPROMPT_OK = 0,
  QPROMPT_ERROR = 1,            /* a file, a name or a number that cannot be used */
  QPROMPT_INVALID_ARGUMENT = 2, /* a call that is wrong whatever the files hold: NULL, a size */
  QPROMPT_OUT_OF_MEMORY = 3
} qprompt_status;

/* "0.2.0" */
QPROMPT_C_API const char* qprompt_version(void);

/* Why the last call of this thread that failed did; "" before. Until its next failure. */
QPROMPT_C_API const char* qprompt_last_error(void);

/* Models ----------------------------------------------------------------------------------------
 */

typedef struct qprompt_model qprompt_model;

typedef enum qprompt_precision {
  QPROMPT_AUTO = 0, /* bf16 where the CPU multiplies it faster */
  QPROMPT_FP32 = 1,
  QPROMPT_BF16 = 2
} qprompt_precision;

/* `size` tells later versions, which may append fields, which ones the caller knows. */
typedef struct qprompt_model_options {
  size_t size;           /* sizeof(qprompt_model_options) */
  int precision;         /* a qprompt_precision */
  int threads;           /* 1..1024; 0: the cores this process may use */
  const char* tokenizer; /* a vocabulary that does not lie beside the model, or NULL */
} qprompt_model_options;

#define QPROMPT_MODEL_OPTIONS_INIT \
  { sizeof(qprompt_model_options), QPROMPT_AUTO, 0, NULL }

/* `path`: a Hugging Face or open_clip folder, a .pt file, or a Hub name in the local cache.
 * `options` may be NULL. */
QPROMPT_C_API qprompt_status qprompt_model_load(const char* path,
                                                const qprompt_model_options* options,
                                                qprompt_model** model);
QPROMPT_C_API void qprompt_model_free(qprompt_model* model);

/* Numbers in an embedding. */
QPROMPT_C_API qprompt_status qprompt_model_width(const qprompt_model* model, size_t* width);

/* Images ----------------------------------------------------------------------------------------
 */

typedef enum qprompt_image_kind {
  QPROMPT_IMAGE_FILE = 1,
  QPROMPT_IMAGE_ENCODED = 2,
  QPROMPT_IMAGE_PIXELS = 3
} qprompt_image_kind;

typedef struct qprompt_image {
  int kind;         /* a qprompt_image_kind */
  const void* data; /* a file's path; its bytes; or 8-bit RGB, rows from the top */
  size_t size;      /* of bytes and pixels: how many bytes there are at data */
  int width, height;
  ptrdiff_t stride; /* bytes from one row of pixels to the next; 0: 3 * width */
} qprompt_image;

static inline qprompt_image qprompt_image_file(const char* path) {
  qprompt_image image = {QPROMPT_IMAGE_FILE, path, 0, 0, 0, 0};
  return image;
}

static inline qprompt_image qprompt_image_encoded(const void* bytes, size_t size) {
  qprompt_image image = {QPROMPT_IMAGE_ENCODED, bytes, size, 0, 0, 0};
  return image;
}

static inline qprompt_image qprompt_image_pixels(const uint8_t* rgb, size_t size, int width,
                                                 int height, ptrdiff_t stride) {
  qprompt_image image = {QPROMPT_IMAGE_PIXELS, rgb, size, width, height, stride};
  return image;
}

/* Classifiers -----------------------------------------------------------------------------------
 */

typedef struct qprompt_classifier qprompt_classifier;

/* `prompt`: a prompt file or a run folder. `class_names` [count]; NULL and 0: the names that the
 * run learned, which lie beside its prompt. */
QPROMPT_C_API qprompt_status qprompt_classifier_load(const qprompt_model* model, const char* prompt,
                                                     const char* const* class_names, size_t count,
                                                     qprompt_classifier** classifier);
/* The same of a prompt file's bytes, which have no names beside them: `count` is at least 1. */
QPROMPT_C_API qprompt_status qprompt_classifier_from_bytes(const qprompt_model* model,
                                                           const void* prompt, size_t prompt_size,
                                                           const char* const* class_names,
                                                           size_t count,
                                                           qprompt_classifier** classifier);
/* CLIP as it is. `class_template`: a sentence with {} for the class name, "imagenet-7",
 * "imagenet-80", or a file of sentences; NULL: "a photo of a {}." */
QPROMPT_C_API qprompt_status qprompt_classifier_zero_shot(const qprompt_model* model,
                                                          const char* class_template,
                                                          const char* const* class_names,
                                                          size_t count,
                                                          qprompt_classifier** classifier);
QPROMPT_C_API void qprompt_classifier_free(qprompt_classifier* classifier);

/* `class_names` [count], which live as long as the classifier. */
QPROMPT_C_API qprompt_status qprompt_classifier_class_names(const qprompt_classifier* classifier,
                                                            const char* const** class_names,
                                                            size_t* count);

/* Answers ---------------------------------------------------------------------------------------
 */

typedef struct qprompt_results qprompt_results;

typedef struct qprompt_score {
  const char* class_name;
  size_t class_index;
  double probability; /* among the classifier's classes */
  double cosine;      /* of image and class; NaN where the classifier has more than cosines */
} qprompt_score;

/* Later versions may append fields. */
typedef struct qprompt_answer {
  const qprompt_score* scores; /* [score_count], best first; NULL of a damaged image */
  size_t score_count;
  double margin;      /* the best probability less the second */
  double known_score; /* the higher, the likelier that it is one of the classes */
  const char* damage; /* why a damaged image could not be read, else NULL */
} qprompt_answer;

typedef struct qprompt_classify_options {
  size_t size;         /* sizeof(qprompt_classify_options) */
  int top;             /* how many classes an answer has at most, from 1 */
  int skip_bad_images; /* 0: a damaged image is an error of the call; 1: its answer says why */
} qprompt_classify_options;

#define QPROMPT_CLASSIFY_OPTIONS_INIT \
  { sizeof(qprompt_classify_options), 1, 0 }

/* `images` [count], at least one. `options` may be NULL. */
QPROMPT_C_API qprompt_status qprompt_classify(const qprompt_classifier* classifier,
                                              const qprompt_image* images, size_t count,
                                              const qprompt_classify_options* options,
                                              qprompt_results** results);
/* Of images[index], as long as the results live; NULL where there is no such image. */
QPROMPT_C_API const qprompt_answer* qprompt_results_answer(const qprompt_results* results,
                                                           size_t index);
QPROMPT_C_API void qprompt_results_free(qprompt_results* results);

/* Embeddings ------------------------------------------------------------------------------------
 */

/* Unit rows of the frozen towers into `rows` [count, width], row after row; a product of two is
 * their cosine. `room`: how many floats `rows` has room for, at least count * width. A damaged
 * image is an error. */
QPROMPT_C_API qprompt_status qprompt_embed_images(const qprompt_model* model,
                                                  const qprompt_image* images, size_t count,
                                                  float* rows, size_t room);
/* `texts` [count]: whole sentences. */
QPROMPT_C_API qprompt_status qprompt_embed_texts(const qprompt_model* model,
                                                 const char* const* texts, size_t count,
                                                 float* rows, size_t room);

#ifdef __cplusplus
}
#endif

#endif
