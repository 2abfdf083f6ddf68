#pragma once

#include <array>
#include <cstdint>
#include <string>

namespace qprompt {

// What a person will ask the adapted model, which decides what a candidate is worth:
//   new   the classes learned and classes added later, each among their own names, as the
//         base-to-new protocol asks (Zhou et al., CVPR 2022): the harmonic mean of both accuracies
//   same  the classes learned and no others: their accuracy
//   all   both together, every image among all names, as generalized zero-shot learning asks (Xian
//         et al., CVPR 2017): the harmonic mean of both accuracies
enum class TuneGoal : std::uint8_t { kNew, kSame, kAll };
inline auto enum_names(TuneGoal) { return std::array{"new", "same", "all"}; }

// What a candidate showed on a fold. Accuracies and shares are 0..1.
struct Judgement {
  double learned = 0;  // accuracy on held-out images of the classes learned
  double novel = 0;    // accuracy on images of the classes held out; 0 where none are
  double changed = 0;  // share of those images that zero-shot answers otherwise

  bool operator==(const Judgement&) const = default;

  template <typename Visitor>
  void visit_fields(Visitor&& visit) {
    visit("learned", learned, "accuracy on held-out images of the classes learned");
    visit("novel", novel, "accuracy on images of held-out classes");
    visit("changed", changed, "share of answers that are not zero-shot's");
  }
};

// H = 2 l n / (l + n) of both accuracies, or that of the classes learned.
double score(TuneGoal goal, const Judgement& judgement);

}  // namespace qprompt
