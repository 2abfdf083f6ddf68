#include "qprompt/run/test_set.h"

#include <algorithm>

#include "qprompt/core/border.h"
#include "qprompt/core/error.h"
#include "qprompt/core/fields.h"
#include "qprompt/data/benchmark.h"
#include "qprompt/data/class_names.h"
#include "qprompt/data/few_shot.h"
#include "qprompt/run/run_folder.h"

namespace qprompt {
namespace {

// The test images alone: other parts may hold classes that nobody asks about.
Dataset tested(Dataset data) {
  data.train.clear();
  data.val.clear();
  return data;
}

bool is_part(const std::string& classes) {
  return std::ranges::any_of(enum_names(ClassSubset{}),
                             [&](const char* name) { return classes == name; });
}

// Whether all images can be judged among these; a notice says why not.
std::optional<Dataset> among(const Dataset& images, const std::vector<std::string>& class_names,
                             std::vector<std::string>& notices) {
  try {
    return with_class_list(images, class_names);
  } catch (const Error& error) {
    notices.push_back("asked is among the classes of the data, not of the prompt: " +
                      std::string(error.what()));
    return std::nullopt;
  }
}

void choose(const TestSetRequest& request, TestSet& set) {
  const Dataset images = tested(set.data);
  set.whose = "of the data";
  if (is_part(request.classes)) {
    if (request.classes != "all") set.whose += " (" + request.classes + ")";
    set.chosen = subsample_classes(images, enum_from_name<ClassSubset>(request.classes));
    return;
  }
  if (!request.classes.empty()) {
    set.whose = "of " + request.classes;
    set.chosen = with_class_list(images, read_class_names(request.classes));
    return;
  }
  if (request.prompt.empty()) {
    set.chosen = images;
    return;
  }
  if (const auto remembered = remembered_classes(request.prompt)) {
    if (auto judged = among(images, *remembered, set.data.notices)) {
      set.whose = "of the prompt";
      set.chosen = *std::move(judged);
      return;
    }
  }
  set.chosen = images;
}

}  // namespace

TestSet test_set(const TestSetRequest& request) {
  return at_border([&] {
    TestSet set;
    DataOptions options = request.options;
    const std::string split = options.split.value_or("").string();
    const std::filesystem::path place = place_of_data(request.data, options);
    const bool own = is_data_of_run(place, split, request.prompt);
    set.seed = own || request.seed ? division_seed(request.seed, request.prompt) : 1;
    options.seed = set.seed;
    options.whole = !own && !request.seed;
    set.data = load_dataset(request.data, options);
    if (options.whole && set.data.divided_here && !request.prompt.empty()) {
      set.data.notices.push_back(
          "tested whole, not being the data of the prompt's run: images that it learned from may "
          "be "
          "among them");
    }
    choose(request, set);
    require(!set.chosen.test.empty(), request.data.string(), ": no test images; understood was ",
            summary(set.data), set.data.notices.empty() ? "" : "; " + set.data.notices.front());
    return set;
  });
}

}  // namespace qprompt
