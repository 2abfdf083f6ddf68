#pragma once

// QPrompt in five calls:
//
//   Model::load      a CLIP checkpoint                          clip/model.h      start here
//   load_dataset     folders, a split file or a CSV             data/dataset.h
//   learn            a prompt from a few images a class         train/learn.h
//   evaluate         accuracy and F1 of a prompt                eval/evaluate.h
//   Classifier       images to names, for any class list        serve/classifier.h
//
// and what they hand over: PromptFile (artifact/prompt_file.h), the base-to-new table
// (eval/base_to_new.h). Everything throws qprompt::Error (core/error.h), one line each.

#include "qprompt/artifact/prompt_file.h"
#include "qprompt/clip/model.h"
#include "qprompt/core/error.h"
#include "qprompt/data/dataset.h"
#include "qprompt/data/few_shot.h"
#include "qprompt/eval/base_to_new.h"
#include "qprompt/eval/evaluate.h"
#include "qprompt/prompt/text_features.h"
#include "qprompt/inference/class_matrix.h"
#include "qprompt/inference/classifier.h"
#include "qprompt/train/learn.h"
