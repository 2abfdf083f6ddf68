#pragma once

#include <span>
#include <vector>

#include "qprompt/report/figure.h"
#include "qprompt/report/group.h"

// Single classes and calibration, of the first run of every group: one run's mistakes can be looked
// at, an average's cannot.
namespace qprompt::report {

// Expected calibration error, negative log-likelihood, top-5 accuracy and macro F1, means over the
// seeds.
Table calibration_table(std::span<const Group> groups);

std::vector<Figure> reliability_figures(std::span<const Group> groups);  // none without bins

// The classes with most confusions: how many images of each (rows) were taken for which (columns).
std::vector<Figure> confusion_figures(std::span<const Group> groups);

// The classes with the lowest accuracy, what they are taken for, and pictures that were.
std::vector<Table> worst_classes_tables(std::span<const Group> groups);

}  // namespace qprompt::report
