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

// Accuracy of the deployed values by epoch on every target, averaged over data sets and seeds;
// where there are none, the loss and the accuracy on training images.
std::vector<Figure> epoch_figures(std::span<const Group> groups);

// Histograms of the learned values by epoch, of a label's first run.
std::vector<Figure> weight_figures(std::span<const Group> groups);

// Kullback-Leibler divergence by step, with the moments of re-clustering, of a label's first run.
std::vector<Figure> divergence_figures(std::span<const Group> groups);

}  // namespace qprompt::report
