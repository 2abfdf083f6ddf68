#pragma once

namespace qprompt {

// What one epoch of a training measured. Whatever is measured is listed once: states, records and
// progress take it from here.
struct EpochReport {
  int epoch = 0, epochs = 0;  // epochs done, of how many
  double loss = 0;            // mean over the epoch's steps
  double accuracy = 0;        // on the training views as they were drawn
  double lr = 0;
  double validation = -1;  // accuracy on validation images; -1 where none were looked at

  template <typename Visitor>
  void visit_fields(Visitor&& visit) {
    visit("epoch", epoch, "epochs done");
    visit("epochs", epochs, "of how many");
    visit("loss", loss, "mean over the epoch's steps");
    visit("accuracy", accuracy, "on the training views");
    visit("lr", lr, "learning rate");
    visit("validation", validation, "accuracy on validation images; -1: none");
  }
};

}  // namespace qprompt
