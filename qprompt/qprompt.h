#pragma once

// QPrompt in six calls:
//
//   Model::load      a CLIP checkpoint                           clip/model.h      start here
//   load_dataset     folders, a split file, a CSV or a name      data/dataset.h
//   learn            a prompt from a few images a class          train/learn.h
//   AdaptedModel     model, prompt and class list as one thing   inference/adapted_model.h
//   classify         images to names                             inference/classifier.h
//   evaluate         accuracy and F1                             eval/evaluate.h
//
// and what they hand over: PromptFile (artifact/prompt_file.h), run folders (run/execute.h), and
// experiments, which are lists of runs (experiment/request.h makes them, experiment/sweep.h does
// them). Images are files, bytes or pixels (data/image_source.h). Everything throws qprompt::Error
// (core/error.h), one line each, or Interrupted where a caller's `stop` said so; nothing else
// leaves the library.

#include "qprompt/artifact/prompt_file.h"
#include "qprompt/clip/model.h"
#include "qprompt/core/error.h"
#include "qprompt/data/benchmark.h"
#include "qprompt/data/class_names.h"
#include "qprompt/data/dataset.h"
#include "qprompt/data/dataset_check.h"
#include "qprompt/data/few_shot.h"
#include "qprompt/data/image_source.h"
#include "qprompt/data/split_file.h"
#include "qprompt/eval/evaluate.h"
#include "qprompt/experiment/request.h"
#include "qprompt/experiment/sweep.h"
#include "qprompt/features/feature_store.h"
#include "qprompt/inference/adapted_model.h"
#include "qprompt/inference/classifier.h"
#include "qprompt/inference/embed.h"
#include "qprompt/run/execute.h"
#include "qprompt/run/run_folder.h"
#include "qprompt/train/learn.h"
