#include "qprompt/run/tensorboard.h"

#include <chrono>
#include <string>

#include "qprompt/core/error.h"
#include "qprompt/formats/tf_record.h"
#include "qprompt/run/event_log.h"
#include "qprompt/run/tensorboard_event.pb.h"
#include "qprompt/run/weight_statistics.h"

namespace qprompt {
namespace {

namespace fs = std::filesystem;
using tensorboard::Event;
using tensorboard::HistogramProto;

constexpr char kFileVersion[] = "brain.Event:2";

double wall_time() {
  return std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count();
}

Event event_of(int epoch) {
  Event event;
  event.set_wall_time(wall_time());
  event.set_step(epoch);
  return event;
}

void add(Event& event, const std::string& tag, double value) {
  tensorboard::Summary::Value& entry = *event.mutable_summary()->add_value();
  entry.set_tag(tag);
  entry.set_simple_value(static_cast<float>(value));
}

// TensorBoard's buckets are known by their upper ends.
void fill(HistogramProto& histogram, const Matrix& values) {
  const WeightStatistics statistics = weight_statistics(values);
  histogram.set_min(statistics.low);
  histogram.set_max(statistics.high);
  histogram.set_num(static_cast<double>(values.size()));
  histogram.set_sum(values.cast<double>().sum());
  histogram.set_sum_squares(values.cast<double>().squaredNorm());
  const std::size_t buckets = statistics.counts.size();
  for (std::size_t i = 0; i < buckets; ++i) {
    const double end = statistics.low + static_cast<double>(i + 1) * statistics.width();
    histogram.add_bucket_limit(i + 1 == buckets ? statistics.high : end);
    histogram.add_bucket(static_cast<double>(statistics.counts[i]));
  }
}

// TensorBoard takes files whose names hold "tfevents", in the order of their names.
fs::path name_of(int attempt) {
  const auto seconds = static_cast<std::int64_t>(wall_time());
  return "events.out.tfevents." + std::to_string(seconds) + "." + this_host() + "." +
         std::to_string(this_process()) + "." + std::to_string(attempt);
}

}  // namespace

TensorBoardLog::TensorBoardLog(const fs::path& folder) {
  std::error_code error;
  fs::create_directories(folder, error);
  require(!error, folder.string(), ": cannot be created: ", error.message());
  for (int attempt = 0; !file_ || !file_->is_open(); ++attempt) {
    path_ = folder / name_of(attempt);
    file_.emplace(path_, O_WRONLY | O_CREAT | O_EXCL | O_APPEND);
    require(file_->is_open() || errno == EEXIST, path_.string(), ": cannot write: ", reason());
  }
  Event first;
  first.set_wall_time(wall_time());
  first.set_file_version(kFileVersion);
  append(first.SerializeAsString());
}

void TensorBoardLog::append(std::string_view message) {
  const std::string record = tf_record(message);
  const bool written = write_all(file_->get(), std::as_bytes(std::span(record)));
  require(written, path_.string(), ": cannot write: ", reason());
}

void TensorBoardLog::write(const EpochReport& report) {
  Event event = event_of(report.epoch);
  add(event, "train/loss", report.loss);
  add(event, "train/accuracy", report.accuracy);
  add(event, "train/lr", report.lr);
  if (report.validation >= 0) add(event, "val/accuracy", report.validation);
  append(event.SerializeAsString());
}

void TensorBoardLog::write_weights(int epoch, const ParameterMap& values) {
  Event event = event_of(epoch);
  for (const auto& [name, matrix] : values) {
    if (matrix.size() == 0) continue;
    tensorboard::Summary::Value& entry = *event.mutable_summary()->add_value();
    entry.set_tag("weights/" + name);
    fill(*entry.mutable_histo(), matrix);
  }
  append(event.SerializeAsString());
}

void TensorBoardLog::write_targets(int epoch, const std::map<std::string, double>& accuracies) {
  Event event = event_of(epoch);
  for (const auto& [name, accuracy] : accuracies) {
    add(event, "target/" + name + "/accuracy", accuracy);
  }
  append(event.SerializeAsString());
}

Observer TensorBoardLog::watching(Observer observer) {
  observer.on_epoch = [this, told = std::move(observer.on_epoch)](const EpochReport& report) {
    write(report);
    if (told) told(report);
  };
  observer.on_values = [this, told = std::move(observer.on_values)](const EpochReport& report,
                                                                    const EpochValues& values) {
    write_weights(report.epoch, values.values);
    if (told) told(report, values);
  };
  return observer;
}

}  // namespace qprompt
