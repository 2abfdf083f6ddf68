#include "tests/support/synthetic_records.h"

#include <cmath>
#include <random>

#include "qprompt/core/file.h"

namespace qprompt::testing {
namespace {

using Json = nlohmann::ordered_json;
using Random = std::mt19937_64;

constexpr int kClasses = 8, kImagesOfClass = 25, kBins = 15;

double uniform(Random& random) { return static_cast<double>(random() % 1000003) / 1000003; }

std::string class_name(int c) {
  static const std::vector<std::string> names{"airplane",
                                              "</script><script>alert(1)</script>",
                                              "a \"quoted\", name",
                                              "brain\x01",
                                              "Käse & Brot",
                                              "faces_easy",
                                              "<img src=x onerror=alert(2)>",
                                              "a rather long name of a class that goes on"};
  return names[static_cast<std::size_t>(c)];
}

Json calibration(double accuracy) {
  Json bins = Json::array();
  for (int b = 0; b < kBins; ++b) {
    const double middle = (b + 0.5) / kBins;
    if (b < 2) {
      bins.push_back({{"images", 0}});
    } else {
      bins.push_back({{"images", 3 * b},
                      {"confidence", middle},
                      {"accuracy", std::min(1.0, middle * (0.7 + 0.3 * accuracy))}});
    }
  }
  return {{"ece", 0.12 * (1 - accuracy)}, {"nll", 2 * (1 - accuracy)}, {"bins", bins}};
}

// As many images of every class right as the accuracy says, the others taken for its neighbours.
void add_classes(const SyntheticTarget& target, Random& random, Json& json) {
  Json mistakes;
  int all_correct = 0;
  for (int c = 0; c < kClasses; ++c) {
    const int correct = std::min(
        kImagesOfClass, static_cast<int>(std::lround(
                            kImagesOfClass * (target.accuracy + 0.3 * (uniform(random) - 0.5)))));
    const int wrong = kImagesOfClass - correct;
    all_correct += correct;
    json["class_names"].push_back(class_name(c));
    json["class_images"].push_back(kImagesOfClass);
    json["class_correct"].push_back(correct);
    if (wrong > 2) json["confusions"].push_back({c, (c + 1) % kClasses, wrong - 2});
    if (wrong > 0) json["confusions"].push_back({c, (c + 3) % kClasses, std::min(wrong, 2)});
    if (wrong > 0 && c < 5) mistakes[class_name(c)] = {"images/" + class_name(c) + "/0001.jpg"};
  }
  json["mistakes"] = mistakes;
  json["correct"] = all_correct;
  json["accuracy"] = static_cast<double>(all_correct) / (kClasses * kImagesOfClass);
}

Json target_json(const SyntheticTarget& target, Random& random) {
  Json json = {{"name", target.name},
               {"dataset", target.dataset},
               {"classes", target.name == "new" ? "new" : "base"},
               {"images", kClasses * kImagesOfClass}};
  add_classes(target, random, json);
  const double accuracy = json["accuracy"];
  json["accuracy_interval"] = {std::max(0.0, accuracy - 0.03), std::min(1.0, accuracy + 0.03)};
  json["top_5_accuracy"] = std::min(1.0, accuracy + 0.2);
  json["macro_f1"] = accuracy * 0.97;
  json["calibration"] = calibration(accuracy);
  return json;
}

Json histogram(int epoch) {
  Json counts = Json::array();
  const double width = 0.012 + 0.001 * epoch;
  for (int bin = 0; bin < 40; ++bin) {
    const double value = -0.1 + 0.2 * (bin + 0.5) / 40;
    counts.push_back(static_cast<int>(300 * std::exp(-value * value / (2 * width * width))));
  }
  return {{"mean", 0}, {"std", width}, {"low", -0.1}, {"high", 0.1}, {"counts", counts}};
}

void add_training(const SyntheticRun& run, Random& random, Json& json) {
  for (int epoch = 1; epoch <= 30; ++epoch) {
    Json targets;
    for (const SyntheticTarget& target : run.targets) {
      targets[target.name] =
          target.accuracy * (1 - 0.4 * std::exp(-epoch / 6.0)) + 0.01 * uniform(random);
    }
    json["epochs"].push_back({{"epoch", epoch},
                              {"loss", 2 * std::exp(-epoch / 12.0)},
                              {"accuracy", 0.6},
                              {"lr", 0.002},
                              {"targets", targets},
                              {"weights", {{"ctx", histogram(epoch)}}}});
  }
  for (int step = 0, since = 0; step < 600; step += 10, ++since) {
    const bool clustered = since > 3 && since * since * 1e-6 > 2e-4 - 2e-7 * step;
    json["divergences"].push_back({{"step", step},
                                   {"matrix", "ctx"},
                                   {"kl", since * since * 1e-6 + 1e-6 * uniform(random)},
                                   {"clustered", clustered}});
    if (clustered) since = 0;
  }
}

std::string label_of(const SyntheticRun& run) {
  std::string label = run.method;
  for (const auto& [name, value] : run.varied) label += " " + name + "=" + value;
  return label;
}

Json source_of(const SyntheticRun& run) {
  return {{"dataset", run.dataset},
          {"classes", "base"},
          {"n_classes", kClasses},
          {"shots", run.shots},
          {"seed", run.seed},
          {"train_seed", run.seed},
          {"images", run.shots * kClasses}};
}

Json settings_of(const SyntheticRun& run) {
  Json settings = {
      {"method", run.method}, {"shots", run.shots}, {"seed", run.seed}, {"epochs", 50}};
  for (const auto& [name, value] : run.varied) settings[name] = value;
  return settings;
}

std::uint64_t hash_of(const Json& json) { return std::hash<std::string>{}(json.dump()); }

// Several seeds of a run, each a little better or worse.
void write_seeds(const std::filesystem::path& folder, SyntheticRun run) {
  const std::vector<SyntheticTarget> targets = run.targets;
  for (std::uint64_t seed = 1; seed <= (run.shots == 0 ? 1 : 3); ++seed) {
    run.seed = run.shots == 0 ? 0 : seed;
    Random random(hash_of(label_of(run) + run.dataset + std::to_string(seed)));
    run.targets = targets;
    for (SyntheticTarget& target : run.targets) target.accuracy += 0.04 * (uniform(random) - 0.5);
    write_record(folder, synthetic_record(run));
  }
}

struct Method {
  std::string name;
  double base, novel;
  std::int64_t bytes;
};
const std::vector<Method> kMethods{{"zeroshot", 0.55, 0.60, 0},
                                   {"coop", 0.74, 0.52, 4096},
                                   {"qcoop", 0.73, 0.61, 264},
                                   {"maple", 0.76, 0.63, 7096000},
                                   {"qmaple", 0.76, 0.64, 1774000}};

void write_tables(const std::filesystem::path& folder) {
  for (const Method& method : kMethods) {
    SyntheticRun run;
    run.method = method.name;
    run.payload_bytes = method.bytes;
    if (method.name == "zeroshot") run.shots = 0;
    for (const char* dataset : {"Caltech101", "EuroSAT", "DTD"}) {
      run.experiment = "base-to-new";
      run.dataset = dataset;
      run.targets = {{"base", dataset, method.base}, {"new", dataset, method.novel}};
      write_seeds(folder, run);
      if (method.name == "maple") continue;
      run.experiment = "few-shot";
      const int shots = run.shots;
      for (const int count : {1, 2, 4, 8, 16}) {
        if (shots > 0) run.shots = count;
        run.targets = {{"test", dataset, method.base - (shots > 0 ? 0.15 / run.shots : 0)}};
        if (shots > 0 || count == 1) write_seeds(folder, run);
      }
      run.shots = shots;
    }
    run.dataset = "ImageNet";
    run.experiment = "cross-dataset";
    run.targets = {{"ImageNet", "ImageNet", method.base},
                   {"Caltech101", "Caltech101", 0.9},
                   {"DTD", "DTD", 0.45},
                   {"EuroSAT", "EuroSAT", 0.47}};
    write_seeds(folder, run);
    run.experiment = "domain-generalization";
    run.targets = {{"ImageNet", "ImageNet", method.base},
                   {"ImageNetV2", "ImageNetV2", 0.64},
                   {"ImageNet-A", "ImageNet-A", 0.5}};
    write_seeds(folder, run);
  }
}

void write_studies(const std::filesystem::path& folder) {
  SyntheticRun run;
  run.has_training = true;
  run.experiment = "noise";
  for (const auto& [noise, novel] : {std::pair{"0", 0.44}, {"0.01", 0.50}, {"0.1", 0.40}}) {
    run.varied = {{"noise", noise}};
    run.targets = {{"base", "Caltech101", 0.75}, {"new", "Caltech101", novel}};
    write_seeds(folder, run);
  }
  run.experiment = "quantization";
  run.varied = {};
  for (const auto& [method, novel] : {std::pair{"coop", 0.44}, {"qcoop", 0.55}}) {
    run.method = method;
    run.targets = {{"base", "Caltech101", 0.75}, {"new", "Caltech101", novel}};
    write_seeds(folder, run);
  }
}

}  // namespace

Json synthetic_record(const SyntheticRun& run) {
  Random random(hash_of(source_of(run)) + hash_of(settings_of(run)));
  Json json = {
      {"format", 2},
      {"run", ""},
      {"experiment", run.experiment},
      {"method", run.method},
      {"label", label_of(run)},
      {"varied", run.varied},
      {"version", run.version},
      {"model",
       {{"path", "/models/tiny-clip"},
        {"layout", "open_clip"},
        {"identity", "abcdef0123456789"},
        {"fingerprint", "0123"}}},
      {"machine",
       {{"cpu", "AMD EPYC"},
        {"library", "oneDNN"},
        {"instruction_set", "AVX2"},
        {"threads", 2},
        {"precision", "fp32"}}},
      {"settings", settings_of(run)},
      {"preset", nullptr},
      {"source", source_of(run)},
      {"targets", Json::array()},
      {"epochs", Json::array()},
      {"divergences", Json::array()},
      {"interrupted", false},
      {"seconds",
       {{"features", 1.2}, {"training", run.shots == 0 ? 0.0 : 10.1}, {"evaluation", 0.4}}},
      {"bytes", {{"payload", run.payload_bytes}, {"file", run.payload_bytes + 70}}}};
  for (const SyntheticTarget& target : run.targets) {
    json["targets"].push_back(target_json(target, random));
  }
  if (run.has_training) add_training(run, random, json);
  char hash[17];
  std::snprintf(hash, sizeof hash, "%016zx", hash_of(json));
  json["run"] = hash;
  return json;
}

std::filesystem::path write_record(const std::filesystem::path& folder, const Json& record) {
  const std::filesystem::path path = folder / record.at("run").get<std::string>() / "run.json";
  write_file(path, record.dump());
  return path;
}

void write_many_records(const std::filesystem::path& folder) {
  write_tables(folder);
  write_studies(folder);
}

}  // namespace qprompt::testing
