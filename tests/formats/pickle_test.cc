#include "qprompt/formats/pickle.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/errors.h"
#include "tests/support/torch_writer.h"

namespace qprompt {
namespace {

using testing::error_of;
using ::testing::HasSubstr;
using testing::PickleWriter;
using Kind = PickleValue::Kind;

Pickle parse(std::string_view text) { return Pickle(std::as_bytes(std::span(text)), "x.pkl"); }

// A literal with zeros inside.
template <std::size_t kSize>
std::string with_zeros(const char (&literal)[kSize]) {
  return {literal, kSize - 1};
}

std::string refusal(const std::string& text) {
  const std::string message = error_of([&] { parse(text); });
  EXPECT_THAT(message, HasSubstr("x.pkl: damaged or hostile pickle"));
  return message;
}

TEST(Pickle, ReadsNumbers) {
  // (None, True, False, 7, 258, -2, 2**40, -1, 1.5)
  const Pickle pickle = parse(PickleWriter()
                                  .raw("(N\x88\x89K\x07M\x02\x01J\xfe\xff\xff\xff")
                                  .integer(std::int64_t{1} << 40)
                                  .raw("\x8a\x01\xff")
                                  .raw(with_zeros("G\x3f\xf8\0\0\0\0\0\0t"))
                                  .stop());
  const auto& items = pickle.root().items;
  ASSERT_EQ(items.size(), 9u);
  EXPECT_EQ(items[0]->kind, Kind::kNone);
  EXPECT_EQ(items[1]->kind, Kind::kBool);
  const std::int64_t expected[] = {1, 0, 7, 258, -2, std::int64_t{1} << 40, -1};
  for (int i = 0; i < 7; ++i) EXPECT_EQ(items[i + 1]->integer, expected[i]);
  EXPECT_EQ(items[8]->number, 1.5);
}

TEST(Pickle, ReadsTextAndBytesOfEveryLength) {
  const std::string eight = with_zeros("\x02\0\0\0\0\0\0\0ab");
  std::string text = "\x80\x05(";
  for (const char* opcode : {"\x8c\x02"
                             "ab",
                             "C\x02"
                             "ab",
                             "U\x02"
                             "ab"})
    text += opcode;
  for (const char opcode : {'X', 'B', 'T'}) (text += opcode) += with_zeros("\x02\0\0\0ab");
  for (const char opcode : {'\x8d', '\x8e', '\x96'}) (text += opcode) += eight;
  const Pickle pickle = parse(text + "t.");
  ASSERT_EQ(pickle.root().items.size(), 9u);
  for (const PickleValue* item : pickle.root().items) EXPECT_EQ(item->text, "ab");
}

TEST(Pickle, ReadsContainers) {
  const Pickle pickle = parse(PickleWriter()
                                  .dict()
                                  .mark()
                                  .text("list")
                                  .raw("](K\x01K\x02"
                                       "eK\x03"
                                       "a")
                                  .text("pair")
                                  .raw("K\x01K\x02\x86")
                                  .text("dict")
                                  .raw("}K\x05K\x06s")
                                  .set_items()
                                  .stop());
  ASSERT_EQ(pickle.root().entries.size(), 3u);
  EXPECT_EQ(pickle.root().entries[0].first->text, "list");
  EXPECT_EQ(pickle.root().entries[0].second->items.size(), 3u);
  EXPECT_EQ(pickle.root().entries[1].second->items.size(), 2u);
  EXPECT_EQ(pickle.root().entries[2].second->entries.at(0).second->integer, 6);
}

TEST(Pickle, RemembersAndRecalls) {
  // FRAME, MEMOIZE (slot 0), BINPUT 9, LONG_BINPUT 300
  const std::string text = with_zeros(
      "\x80\x04\x95\0\0\0\0\0\0\0\0(]\x94K\x05q\x09K\x06r\x2c\1\0\0h\0h\x09j\x2c\1\0\0t.");
  const Pickle pickle = parse(text);
  const auto& items = pickle.root().items;
  ASSERT_EQ(items.size(), 6u);
  for (int i = 0; i < 3; ++i) EXPECT_EQ(items[i], items[i + 3]);
}

TEST(Pickle, KeepsObjectsAsInertData) {
  const Pickle pickle = parse(PickleWriter()
                                  .global("os", "system")
                                  .mark()
                                  .text("touch /tmp/never")
                                  .tuple()
                                  .reduce()
                                  .raw("}")
                                  .raw("b")
                                  .stop());
  EXPECT_TRUE(pickle.root().made_by("os system"));
  EXPECT_FALSE(pickle.root().made_by("os remove"));
  EXPECT_EQ(pickle.root().arguments->items.at(0)->text, "touch /tmp/never");
  EXPECT_EQ(pickle.root().state->kind, Kind::kDict);
}

TEST(Pickle, ReadsClassesOfProtocol4) {
  // STACK_GLOBAL, MEMOIZE, NEWOBJ_EX
  const Pickle pickle =
      parse(with_zeros("\x80\x04\x8c\x01"
                       "m\x94\x8c\x01"
                       "C\x94\x93\x94)}\x92."));
  EXPECT_TRUE(pickle.root().made_by("m C"));
}

TEST(Pickle, FillsListLikeAndDictLikeObjects) {
  const Pickle pickle =
      parse(PickleWriter().ordered_dict().mark().text("a").raw("K\x01").set_items().stop());
  EXPECT_TRUE(pickle.root().made_by("collections OrderedDict"));
  EXPECT_EQ(pickle.root().entries.at(0).second->integer, 1);
}

TEST(Pickle, AllowsCircles) {
  const Pickle pickle = parse(
      "\x80\x02]q\x05h\x05"
      "a.");
  EXPECT_EQ(pickle.root().items.at(0), &pickle.root());
}

TEST(Pickle, RefusesEveryTruncation) {
  const std::string whole = PickleWriter()
                                .ordered_dict()
                                .mark()
                                .text("weight")
                                .tensor({.storage_size = 4, .shape = {2, 2}, .strides = {2, 1}})
                                .set_items()
                                .stop();
  EXPECT_EQ(parse(whole).root().entries.size(), 1u);
  for (std::size_t size = 0; size < whole.size(); ++size) refusal(whole.substr(0, size));
}

TEST(Pickle, SurvivesEveryChangedByte) {
  const std::string whole = PickleWriter()
                                .ordered_dict()
                                .mark()
                                .text("weight")
                                .tensor({.storage_size = 4, .shape = {2, 2}, .strides = {2, 1}})
                                .set_items()
                                .stop();
  int refused = 0;
  for (std::size_t i = 0; i < whole.size(); ++i) {
    for (const int change : {1, 0x20, 0x80, 0xff}) {
      std::string changed = whole;
      changed[i] = static_cast<char>(changed[i] ^ change);
      try {
        parse(changed);
      } catch (const Error&) {
        ++refused;
      }
    }
  }
  EXPECT_GT(refused, 100);
}

TEST(Pickle, RefusesWhatIsNotOnTheStack) {
  for (const char* body : {".", "0", "1", "t", "a", "s", "u", "R", "b", "Q", "\x85", "K\x01\x86",
                           "h\x07", "(K\x01(0", "K\x01(R", "2"}) {
    refusal(std::string("\x80\x02") + body + ".");
  }
}

TEST(Pickle, RefusesItemsForTheWrongThing) {
  EXPECT_THAT(refusal("\x80\x02K\x01K\x02"
                      "a."),
              HasSubstr("items for no list"));
  EXPECT_THAT(refusal("\x80\x02]K\x01K\x02s."), HasSubstr("entries for no dict"));
  EXPECT_THAT(refusal("\x80\x02}(K\x01u."), HasSubstr("a key without value"));
  EXPECT_THAT(refusal("\x80\x02]}b."), HasSubstr("a state for no object"));
  EXPECT_THAT(refusal("\x80\x02K\x01K\x02R."), HasSubstr("arguments that are no tuple"));
}

TEST(Pickle, RefusesOtherProtocolsAndOpcodes) {
  EXPECT_THAT(refusal("\x80\x06N."), HasSubstr("protocol 6, expected 2 to 5"));
  EXPECT_THAT(refusal("\x80\x02I01\n."), HasSubstr("opcode 73"));
  EXPECT_THAT(refusal("\x80\x02\x97."), HasSubstr("opcode 151"));
}

TEST(Pickle, RefusesLengthsBeyondTheFile) {
  refusal(
      "\x80\x02X\xff\xff\xff\xff"
      "ab.");
  refusal(
      "\x80\x02\x8e\xff\xff\xff\xff\xff\xff\xff\xff"
      "ab.");
  refusal(
      "\x80\x02\x8b\xff\xff\xff\x7f"
      "ab.");
}

TEST(Pickle, RefusesABombOfValues) {
  EXPECT_THAT(refusal("\x80\x02" + std::string(3'000'000, ']') + "."), HasSubstr("more than"));
}

TEST(Pickle, SharesArgumentsInsteadOfCopyingThem) {
  // A tuple of 100,000, given to 100,000 objects: 80 GB if each had its own.
  std::string text = "\x80\x02N(";
  for (int i = 0; i < 100'000; ++i) text += "N";
  text += "tq\x01";
  for (int i = 0; i < 100'000; ++i) text += "0Nh\x01R";
  EXPECT_EQ(parse(text + ".").root().arguments->items.size(), 100'000u);
}

TEST(Pickle, RefusesEndlessClassNames) {
  const PickleWriter name = PickleWriter().text(std::string(2000, 'x'));
  EXPECT_THAT(refusal(PickleWriter(name).raw("2\x93").stop()), HasSubstr("an endless class name"));
}

TEST(Pickle, SurvivesDepth) {
  // A million lists, each in the one before; a million marks.
  std::string deep = "\x80\x02" + std::string(1'000'000, ']') + std::string(999'999, 'a') + ".";
  EXPECT_EQ(parse(deep).root().items.size(), 1u);
  EXPECT_EQ(parse("\x80\x02" + std::string(1'000'000, '(') + "N.").root().kind, Kind::kNone);
}

}  // namespace
}  // namespace qprompt
