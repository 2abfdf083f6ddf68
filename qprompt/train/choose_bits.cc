#include "qprompt/train/choose_bits.h"

#include <cmath>
#include <sstream>

#include "qprompt/core/error.h"

namespace qprompt {
namespace {

constexpr int kWidths[] = {1, 2, 4, 8};

ParameterMap matrices_of(const PromptedClip& clip, const ParameterMap& values, ParameterKind kind) {
  ParameterMap selected;
  for (const ParameterSpec& spec : clip.learner().parameters(clip.classes())) {
    if (spec.kind == kind) selected.emplace(spec.name, values.at(spec.name));
  }
  return selected;
}

class Chooser {
 public:
  Chooser(const PromptedClip& clip, const TrainingSet& validation, const QuantizerConfig& quantizer,
          ParameterMap values)
      : clip_(clip),
        validation_(validation),
        quantizer_(quantizer),
        values_(std::move(values)),
        full_(accuracy(AdaptedModel::of(clip, values_), validation)) {
    const double n = static_cast<double>(validation.images());
    error_ = std::sqrt(full_ * (1 - full_) / n);
    quantizer_.phase = QuantizationPhase::kPostTraining;
  }

  int choose(ParameterKind kind, const std::string& name, std::vector<std::string>& reasons) {
    const ParameterMap selected = matrices_of(clip_, values_, kind);
    if (selected.empty()) return kWidths[0];
    int width = 0;
    double reached = 0;
    for (const int bits : kWidths) {
      width = bits;
      quantizer_.bits = bits_text({bits, bits});
      ParameterMap values = Quantizer(quantizer_).deployed(selected);
      values.insert(values_.begin(), values_.end());
      reached = accuracy(AdaptedModel::of(clip_, values), validation_);
      if (reached >= full_ - error_) break;
    }
    std::ostringstream reason;
    reason.precision(3);
    reason << name << ": " << width << (width == 1 ? " bit, " : " bits, ") << 100 * reached
           << " % of " << validation_.images() << " validation images against " << 100 * full_
           << " % in full precision (one standard error: " << 100 * error_ << ")";
    reasons.push_back(reason.str());
    return width;
  }

 private:
  const PromptedClip& clip_;
  const TrainingSet& validation_;
  QuantizerConfig quantizer_;
  ParameterMap values_;
  double full_, error_ = 0;
};

}  // namespace

BitsChoice choose_bits(const PromptedClip& clip, const TrainingData& data,
                       const TrainingConfig& config, std::uint64_t seed, const Observer& observer) {
  require(data.validation != nullptr, "automatic bits need validation images");
  TrainingConfig full = config;
  full.quantizer.kind = QuantizerKind::kNone;
  full.quantizer.bits = bits_text({});
  // Its states are not those of the run that a resumed one goes on from.
  const Observer watching{.on_step = observer.on_step,
                          .on_epoch = observer.on_epoch,
                          .on_values = {},
                          .on_divergence = {},
                          .on_state = {},
                          .stop = observer.stop};
  const TrainingResult trained =
      train(clip, {data.set, data.validation, nullptr}, full, seed, watching);
  Chooser chooser(clip, *data.validation, config.quantizer, trained.values);
  BitsChoice choice{parse_bits(config.quantizer.bits), {}};
  if (choice.bits.context == BitsPerKind::kAuto) {
    choice.bits.context = chooser.choose(ParameterKind::kContext, "ctx", choice.reasons);
  }
  if (choice.bits.projection == BitsPerKind::kAuto) {
    choice.bits.projection =
        chooser.choose(ParameterKind::kProjection, "projection", choice.reasons);
  }
  return choice;
}

}  // namespace qprompt
