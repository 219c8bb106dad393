#include "config/glob.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace tocsin::config {
namespace {

struct MatchCase {
  const char* pattern;
  const char* name;
  bool matches;
};

// From Go's path/filepath tests.
TEST(GlobTest, MatchesAsGoDoes) {
  const MatchCase cases[] = {{"abc", "abc", true},
                             {"*", "abc", true},
                             {"*c", "abc", true},
                             {"a*", "a", true},
                             {"a*", "abc", true},
                             {"a*", "ab/c", false},
                             {"a*/b", "abc/b", true},
                             {"a*/b", "a/c/b", false},
                             {"a*b*c*d*e*/f", "axbxcxdxe/f", true},
                             {"a*b?c*x", "abxbbxdbxebxczzx", true},
                             {"a*b?c*x", "abxbbxdbxebxczzy", false},
                             {"ab[c]", "abc", true},
                             {"ab[b-d]", "abc", true},
                             {"ab[e-g]", "abc", false},
                             {"ab[^c]", "abc", false},
                             {"ab[^e-g]", "abc", true},
                             {"a\\*b", "a*b", true},
                             {"a?b", "a/b", false},
                             {"[\\]a]", "]", true},
                             {"*x", "xxx", true}};
  for (const MatchCase& c : cases) {
    const auto matches = MatchGlob(c.pattern, c.name);
    ASSERT_TRUE(matches.ok()) << c.pattern;
    EXPECT_EQ(*matches, c.matches) << c.pattern << " " << c.name;
  }
}

TEST(GlobTest, MalformedPatternsAreErrors) {
  for (const char* pattern : {"[]a]", "[-]", "[x-]", "[-x]", "a[", "a[b", "[^", "a\\"})
    EXPECT_FALSE(MatchGlob(pattern, "a").ok()) << pattern;
}

TEST(GlobTest, FindsFilesInDirectoriesThatMatch) {
  PosixFs fs;
  const std::string root = testing::TempDir() + "glob_test";
  ASSERT_TRUE(fs.RemoveAll(root).ok());
  for (const char* directory : {"/a1", "/a2", "/b"})
    ASSERT_TRUE(fs.CreateDirectories(root + directory).ok());
  for (const char* file : {"/a1/x.yml", "/a2/x.yml", "/a2/y.json", "/b/x.yml"})
    ASSERT_TRUE(fs.WriteFileAtomically(root + file, "").ok());
  EXPECT_THAT(*Glob(fs, root + "/a*/*.yml"),
              testing::ElementsAre(root + "/a1/x.yml", root + "/a2/x.yml"));
  EXPECT_THAT(*Glob(fs, root + "/b/x.yml"), testing::ElementsAre(root + "/b/x.yml"));
  EXPECT_THAT(*Glob(fs, root + "/nope/*.yml"), testing::IsEmpty());
  EXPECT_FALSE(Glob(fs, root + "/[").ok());
}

}  // namespace
}  // namespace tocsin::config
