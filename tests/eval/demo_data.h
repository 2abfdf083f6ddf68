#pragma once

#include <gtest/gtest.h>

#include "qprompt/data/dataset.h"
#include "tests/support/test_models.h"

namespace qprompt {

// At most `count` of the items of each of the first `classes` classes.
inline std::vector<Item> first_of_each(const std::vector<Item>& items, int classes, int count) {
  std::vector<int> taken(static_cast<std::size_t>(classes));
  std::vector<Item> first;
  for (const Item& item : items) {
    if (item.label < classes && taken[item.label]++ < count) first.push_back(item);
  }
  return first;
}

// Five classes of the demo pictures (three of base, two of new), three test images each.
inline Dataset small_demo_data() {
  Dataset data = load_dataset(testing::demo_folder() / "pictures");
  data.class_names.resize(5);
  data.train = first_of_each(data.train, 5, 10);
  data.val = first_of_each(data.val, 5, 2);
  data.test = first_of_each(data.test, 5, 3);
  return data;
}

}  // namespace qprompt
