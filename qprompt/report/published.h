#pragma once

#include <optional>
#include <string>
#include <vector>

#include "qprompt/eval/metrics.h"

namespace qprompt::report {

// What papers print (published.json), in per cent: CLIP ViT-B/16, 16 shots, mean of 3 seeds. Data
// sets have their dataset_name().
struct PublishedMethod {
  std::string title;   // "CoOp"
  std::string method;  // ours: "coop"; empty where we have none
  std::optional<double> bytes;
};
struct PublishedBaseToNew {
  std::string method, dataset;  // the method's title; no data set: the average over 11
  double base = 0, novel = 0, harmonic = 0;
};
struct PublishedAccuracy {
  std::string method, target;  // "average": over the targets
  double accuracy = 0;
};
struct PublishedFewShot {
  std::string method;
  int shots = 0;        // 0: zero-shot
  double accuracy = 0;  // average over 11 data sets
};

struct Published {
  std::string about;
  std::vector<PublishedMethod> methods;
  std::vector<PublishedBaseToNew> base_to_new, base_to_new_averages;
  std::vector<PublishedAccuracy> cross_dataset, domain_generalization;
  std::vector<PublishedFewShot> few_shot;

  // The title of our method `method`; empty where nothing is published.
  std::string title_of(const std::string& method) const;
};

const Published& published();

}  // namespace qprompt::report
