#pragma once

#include <sys/types.h>

#include <memory>

#include "qprompt/clip/model.h"
#include "qprompt/features/feature_store.h"

namespace qprompt::python {

// A model and the store of its features, in the process that loaded them.
struct LoadedModel {
  Model model;
  std::shared_ptr<FeatureStore> cache;
  pid_t process;

  // A child made by fork() has none of the threads that the model works on: an Error there, where
  // waiting for them would be for ever.
  const Model& here() const;
};

}  // namespace qprompt::python
