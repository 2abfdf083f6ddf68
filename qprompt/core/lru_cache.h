#pragma once

#include <cstddef>
#include <list>
#include <map>
#include <mutex>
#include <optional>
#include <utility>

namespace qprompt {

// Values that are made when they are first asked for; of them the `capacity` most recently used
// stay. Safe from several threads.
template <typename Key, typename Value>
class LruCache {
 public:
  explicit LruCache(std::size_t capacity) : capacity_(capacity) {}

  template <typename Make>
  Value get(const Key& key, const Make& make) {
    const std::scoped_lock lock(mutex_);
    if (const Value* known = touch(key)) return *known;
    insert(key, make());  // nothing changes where that throws
    return entries_.front().second;
  }

  // For values that are made while others are looked up; of two that were made at once the first
  // stays.
  std::optional<Value> find(const Key& key) {
    const std::scoped_lock lock(mutex_);
    const Value* known = touch(key);
    return known ? std::optional(*known) : std::nullopt;
  }
  void put(const Key& key, Value value) {
    const std::scoped_lock lock(mutex_);
    if (!touch(key)) insert(key, std::move(value));
  }

  std::size_t size() const {
    const std::scoped_lock lock(mutex_);
    return entries_.size();
  }

 private:
  using Entries = std::list<std::pair<Key, Value>>;

  const Value* touch(const Key& key) {
    const auto found = places_.find(key);
    if (found == places_.end()) return nullptr;
    entries_.splice(entries_.begin(), entries_, found->second);
    return &entries_.front().second;
  }

  void insert(const Key& key, Value value) {
    entries_.emplace_front(key, std::move(value));
    places_[key] = entries_.begin();
    if (entries_.size() <= capacity_) return;
    places_.erase(entries_.back().first);
    entries_.pop_back();
  }

  std::size_t capacity_;
  mutable std::mutex mutex_;
  Entries entries_;  // the most recently used first
  std::map<Key, typename Entries::iterator> places_;
};

}  // namespace qprompt
