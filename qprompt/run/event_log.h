#pragma once

#include <cstdint>
#include <exception>
#include <filesystem>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "qprompt/core/descriptor.h"
#include "qprompt/core/error.h"
#include "qprompt/core/utc_time.h"
#include "qprompt/train/training_config.h"

namespace qprompt {

// RUN/events.jsonl: what happens to a run while it happens, a JSON object a line.
inline constexpr char kEventsName[] = "events.jsonl";

std::int64_t this_process();
std::string this_host();

// What a run is and who works on it, for those who look before there is a record.
struct RunBegun {
  std::string experiment{}, label{}, dataset{};
  int shots = 0;
  std::uint64_t seed = 0, train_seed = 0;
  int epochs = 0, epochs_done = 0;  // done: of a run that is gone on with
  std::int64_t process = this_process();
  std::string host = this_host();

  template <typename Visitor>
  void visit_fields(Visitor&& visit) {
    visit("experiment", experiment, "train, base-to-new ...");
    visit("label", label, "the method, and what the experiment varied");
    visit("dataset", dataset, "");
    visit("shots", shots, "training images a class; 0: all");
    visit("seed", seed, "");
    visit("train_seed", train_seed, "");
    visit("epochs", epochs, "to be done");
    visit("epochs_done", epochs_done, "before");
    visit("process", process, "its number on its host");
    visit("host", host, "");
  }
};

// A matrix got a codebook of its own, for the first time or anew.
struct RunClustered {
  std::int64_t step = 0;
  std::string matrix;
  double kl = 0;

  template <typename Visitor>
  void visit_fields(Visitor&& visit) {
    visit("step", step, "");
    visit("matrix", matrix, "");
    visit("kl", kl, "KL(now || cached) of the codes' histograms in nats; 0 at the first time");
  }
};

// A candidate of a choice was tried on a fold (tune/tune.h): accuracies and shares by epoch.
struct RunTried {
  std::string choice{};  // hash of all that decides it
  std::string candidate{};
  std::int64_t fold = 0;
  std::vector<double> learned{}, novel{}, changed{};
  std::string failure{};
  double seconds = 0;

  template <typename Visitor>
  void visit_fields(Visitor&& visit) {
    visit("choice", choice, "what is chosen by and among, and the images, as a hash");
    visit("candidate", candidate, "its name");
    visit("fold", fold, "from 0");
    visit("learned", learned, "accuracy on held-out images of the classes learned, by epoch");
    visit("novel", novel, "accuracy on images of the classes held out");
    visit("changed", changed, "share of the answers that are not zero-shot's");
    visit("failure", failure, "why it came to nothing; else empty");
    visit("seconds", seconds, "that choosing has taken");
  }
};

struct RunEnded {
  template <typename Visitor>
  void visit_fields(Visitor&&) {}
};

struct RunFailed {
  std::string error;

  template <typename Visitor>
  void visit_fields(Visitor&& visit) {
    visit("error", error, "one line");
  }
};

struct RunInterrupted {
  template <typename Visitor>
  void visit_fields(Visitor&&) {}
};

struct RunEvent {
  using Content = std::variant<RunBegun, EpochReport, RunClustered, RunEnded, RunFailed,
                               RunInterrupted, RunTried>;
  // What files call them, in the order of Content: append only.
  static constexpr std::array kNames{"begin",  "epoch",       "cluster", "end",
                                     "failed", "interrupted", "trial"};

  UtcTime time;
  Content content;

  std::string_view name() const { return kNames.at(content.index()); }
};

// Appends events. Each is with the system when write() returns, so a kill loses none, and cuts at
// most the last. To be held by one at a time (run_lock.h).
class EventLog {
 public:
  enum class Begin { kAnew, kAppend };
  // Creates the file and its folder. What a killed writer left of a last line is taken away.
  EventLog(const std::filesystem::path& path, Begin begin);

  // With the time of the call. Throws Error where it cannot be written; the log is as before then.
  void write(const RunEvent::Content& content);

  // `observer`, and every epoch and clustering written before it hears of them. The log must live
  // as long.
  Observer watching(Observer observer);

  // Does `work`, and writes how it went wrong where it did.
  template <typename Work>
  decltype(auto) telling_failure(Work&& work) {
    try {
      return std::forward<Work>(work)();
    } catch (const Interrupted&) {
      try_write(RunInterrupted{});
      throw;
    } catch (const std::exception& error) {
      try_write(RunFailed{error.what()});
      throw;
    }
  }

 private:
  void try_write(const RunEvent::Content& content) noexcept;

  std::filesystem::path path_;
  Descriptor file_;
};

// All events of the file, oldest first. A last line without an end is one that is being written, or
// that a kill cut, and is left out. Throws Error with file and line for anything else that is no
// event as `write` writes them.
std::vector<RunEvent> read_events(const std::filesystem::path& path);

}  // namespace qprompt
