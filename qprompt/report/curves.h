#pragma once

#include <span>
#include <vector>

#include "qprompt/report/figure.h"
#include "qprompt/report/group.h"

// The paper's pictures of what happens during training. Each gives nothing where no record holds
// what it shows.
namespace qprompt::report {

// A dot with its deviation for each label and measure, a data set at a time.
Figure ranges_figure(std::span<const Group> groups);

// Accuracy by epoch on every target, of the values that the epoch ended with, averaged over the
// seeds of a label, data set and number of shots, of epochs that all of these runs have; where
// there are none, the loss.
std::vector<Figure> epoch_figures(std::span<const Group> groups);

// Histograms of the learned values by epoch, of a label's first run.
std::vector<Figure> weight_figures(std::span<const Group> groups);

// Kullback-Leibler divergence by step, with the moments of re-clustering, of a label's first run.
std::vector<Figure> divergence_figures(std::span<const Group> groups);

}  // namespace qprompt::report
