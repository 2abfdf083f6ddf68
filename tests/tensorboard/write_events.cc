// usage: write_tensorboard_events FOLDER    an event file with what read_back.py expects

#include <exception>
#include <iostream>

#include "qprompt/run/tensorboard.h"

int main(int argc, char** argv) {
  using qprompt::Matrix;
  if (argc != 2) return 2;
  try {
    qprompt::TensorBoardLog log(argv[1]);
    Matrix weights(1, 4);
    weights << -1, 0, 0, 3;
    for (int epoch = 1; epoch <= 2; ++epoch) {
      log.write({.epoch = epoch,
                 .epochs = 2,
                 .loss = 2.0 / epoch,
                 .accuracy = 0.25 * epoch,
                 .lr = 0.5,
                 .validation = epoch == 2 ? 0.75 : -1});
      log.write_weights(epoch, {{"ctx", weights}});
      log.write_targets(epoch, {{"base", 0.125 * epoch}});
    }
  } catch (const std::exception& error) {
    std::cerr << error.what() << "\n";
    return 1;
  }
}
