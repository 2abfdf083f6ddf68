#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "qprompt/core/error.h"

namespace qprompt::testing {

// The message of the Error that `action` throws; a failure, and "", when it throws none.
template <typename Action>
std::string error_of(Action&& action) {
  try {
    action();
  } catch (const Error& error) {
    return error.what();
  }
  ADD_FAILURE() << "expected an Error";
  return "";
}

}  // namespace qprompt::testing
