#include <algorithm>
#include <iterator>
#include <set>

#include "qprompt/core/error.h"
#include "qprompt/data/benchmark.h"
#include "qprompt/data/few_shot.h"
#include "qprompt/data/templates.h"
#include "qprompt/experiment/experiments.h"
#include "qprompt/experiment/request.h"

namespace qprompt {
namespace {

using Data = std::shared_ptr<const RunData>;
using Strings = std::vector<std::string>;

constexpr char kZeroShot[] = "zeroshot";

// "qmaple" and "maple-noise" have the settings of maple, and their own over them.
Settings settings_of_method(const ExperimentRequest& request, const std::string& method) {
  Settings settings;
  const auto add = [&](const std::string& name) {
    const auto found = request.method_settings.find(name);
    if (found != request.method_settings.end()) settings = merged(settings, found->second);
  };
  std::string plain = method;
  if (plain.starts_with('q')) plain.erase(0, 1);
  constexpr std::string_view kNoise = "-noise";
  if (plain.ends_with(kNoise)) plain.resize(plain.size() - kNoise.size());
  if (plain != method) add(plain);
  add(method);
  return settings;
}

Settings settings_of_data(const ExperimentRequest& request, const std::string& data) {
  for (const auto& [name, settings] : request.data_settings) {
    if (same_data(name, data)) return settings;
  }
  return {};
}

class Runs {
 public:
  Runs(const ExperimentRequest& request, const DataSource& source)
      : request_(request),
        source_(source),
        experiment_(experiment_called(request.experiment)),
        rows_(rows_of(experiment_, request.methods, request.values)) {
    for (const auto& [field, text] : request.settings) unknown_.insert(field);
  }

  std::vector<RunSpec> all() {
    const Strings& names = request_.data.empty() ? experiment_.data : request_.data;
    require(!names.empty(), experiment_.name, ": no data, expected a data set's name or a folder");
    for (const std::string& name : names) add_data(name);
    require_settings_known();
    return std::move(runs_);
  }

 private:
  void add_data(const std::string& name) {
    const Data data = source_(name);
    const std::vector<Target> targets = targets_of(data);
    for (const Row& row : rows_) {
      if (row.method == kZeroShot) add_zero_shot(row, data, targets);
    }
    const std::vector<int>& shots = request_.shots.empty() ? experiment_.shots : request_.shots;
    for (const int shot : shots) {
      for (const std::uint64_t seed : request_.seeds) {
        const std::vector<std::uint64_t> own{seed};
        for (const std::uint64_t order :
             request_.train_seeds.empty() ? own : request_.train_seeds) {
          for (const Row& row : rows_) {
            if (row.method != kZeroShot) add(row, name, data, targets, {shot, seed, order});
          }
        }
      }
    }
  }

  std::vector<Target> targets_of(const Data& data) const {
    switch (experiment_.protocol) {
      case Protocol::kBaseToNew:
        return {{"base", data, ClassSubset::kBase}, {"new", data, ClassSubset::kNew}};
      case Protocol::kFewShot:
        return {{"test", data}};
      case Protocol::kTransfer:
        break;
    }
    std::vector<Target> targets{{data->dataset.name, data}};
    for (const std::string& name :
         request_.targets.empty() ? experiment_.targets : request_.targets) {
      const Data other = source_(name);
      if (other == data) continue;
      if (experiment_.name == "domain-generalization") require_classes_among(*other, *data);
      targets.push_back({other->dataset.name, other});
    }
    return targets;
  }

  // The same classes in other pictures: a name that the source does not have is another list's.
  static void require_classes_among(const RunData& target, const RunData& source) {
    const Strings& known = source.dataset.class_names;
    for (const std::string& name : target.dataset.class_names) {
      require(std::ranges::find(known, name) != known.end(), target.dataset.name, ": class '", name,
              "' is none of ", source.dataset.name, "'s; both need the same class names");
    }
  }

  void add_zero_shot(const Row& row, const Data& data, const std::vector<Target>& targets) {
    RunSpec spec{experiment_.name, {row.method}, row.varied, data, targets};
    spec.method.templates = templates_for(request_.templates, data->dataset.name);
    runs_.push_back(std::move(spec));
  }

  struct Draw {
    int shots = 0;
    std::uint64_t seed = 0, train_seed = 0;
  };

  void add(const Row& row, const std::string& name, const Data& data,
           const std::vector<Target>& targets, const Draw& draw) {
    Method method = method_of(row, name);
    LearnConfig& config = *method.learn;
    config.shots = draw.shots;
    config.seed = draw.seed;
    config.train_seed = static_cast<std::int64_t>(draw.train_seed);
    config.classes =
        experiment_.protocol == Protocol::kBaseToNew ? ClassSubset::kBase : ClassSubset::kAll;
    runs_.push_back({experiment_.name, std::move(method), row.varied, data, targets,
                     experiment_.by_epoch, request_.preset});
  }

  // What a study varies stands over what was asked for, and the data set's over the method's.
  Method method_of(const Row& row, const std::string& data) {
    require(!request_.preset || row.method != kTunedName, "a preset has its settings, and '",
            kTunedName, "' chooses them: give one");
    const Settings of_method = settings_of_method(request_, row.method);
    const Settings of_data = settings_of_data(request_, data);
    for (const auto& [field, text] : of_data) data_fields_.insert(field);
    Settings settings = merged(request_.defaults, of_method);
    settings = merged(merged(settings, request_.settings), of_data);
    std::set<std::string> unknown;
    Method method = named_method(row.method, merged(settings, row.settings), unknown);
    for (const auto& [field, text] : of_method) {
      require(!unknown.contains(field), "'", field, "': not a setting of ", row.method);
    }
    const auto is_known = [&](const std::string& field) { return !unknown.contains(field); };
    std::erase_if(unknown_, is_known);
    for (const auto& [field, text] : of_data) {
      if (is_known(field)) known_of_data_.insert(field);
    }
    learns_ = true;
    return method;
  }

  // A setting that one of several methods has is used; one that none has is a slip.
  void require_settings_known() const {
    if (!learns_) return;
    std::set<std::string> unknown = unknown_;
    std::ranges::set_difference(data_fields_, known_of_data_,
                                std::inserter(unknown, unknown.end()));
    require(unknown.empty(), "'", unknown.empty() ? "" : *unknown.begin(), "': not a setting of ",
            experiment_.name, "'s methods");
  }

  const ExperimentRequest& request_;
  const DataSource& source_;
  const Experiment& experiment_;
  const std::vector<Row> rows_;
  std::set<std::string> unknown_;  // fields of the request's settings that no method has had yet
  std::set<std::string> data_fields_, known_of_data_;  // of settings of data
  bool learns_ = false;
  std::vector<RunSpec> runs_;
};

}  // namespace

bool same_data(const std::string& a, const std::string& b) {
  if (a == b) return true;
  const Benchmark* known = find_benchmark(a);
  return known != nullptr && known == find_benchmark(b);
}

std::vector<RunSpec> runs_of(const ExperimentRequest& request, const DataSource& data) {
  return Runs(request, data).all();
}

}  // namespace qprompt
