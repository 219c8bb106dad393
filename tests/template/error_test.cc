#include <gtest/gtest.h>

#include <string>

#include "template/template.h"
#include "template/test_data.h"

namespace tocsin::templates {
namespace {

struct Case {
  const char* text;
  const char* want;
};

// What Go 1.26 answers to the same texts and data, but for the type it gives to values out of a
// map[string]any and the position of an argument of the wrong type (README, "Limits").
const Case kCases[] = {
    {"{{", "ERROR template: t:1: unclosed action"},
    {"{{.S", "ERROR template: t:1: unclosed action"},
    {"{{ .S }", "ERROR template: t:1: unexpected \"}\" in operand"},
    {"{{if}}x{{end}}", "ERROR template: t:1: missing value for if"},
    {"{{if .S}}x", "ERROR template: t:1: unexpected EOF"},
    {"{{end}}", "ERROR template: t:1: unexpected {{end}}"},
    {"{{else}}", "ERROR template: t:1: unexpected {{else}}"},
    {"{{if .S}}{{else}}{{else}}{{end}}", "ERROR template: t:1: expected end; found {{else}}"},
    {"{{range}}{{end}}", "ERROR template: t:1: missing value for range"},
    {"{{missing .S}}", "ERROR template: t:1: function \"missing\" not defined"},
    {"{{.S | missing}}", "ERROR template: t:1: function \"missing\" not defined"},
    {"{{$x}}", "ERROR template: t:1: undefined variable \"$x\""},
    {"{{\"abc}}", "ERROR template: t:1: unterminated quoted string"},
    {"{{'ab'}}", "ERROR template: t:1: malformed character constant: 'ab'"},
    {"{{''}}", "ERROR template: t:1: invalid syntax"},
    {"{{`abc}}", "ERROR template: t:1: unterminated raw quoted string"},
    {"{{/* abc }}", "ERROR template: t:1: unclosed comment"},
    {"{{/* abc */ x}}", "ERROR template: t:1: comment ends before closing delimiter"},
    {"{{.S | 5}}", "ERROR template: t:1: non executable command in pipeline stage 2"},
    {"{{5 | .S.}}", "ERROR template: t:1: unexpected <.> in operand"},
    {"{{(.S}}", "ERROR template: t:1: unclosed left paren"},
    {"{{.S)}}", "ERROR template: t:1: unexpected right paren"},
    {"{{()}}", "ERROR template: t:1: missing value for parenthesized pipeline"},
    {"{{1.2.3}}", "ERROR template: t:1: unexpected \".3\" in operand"},
    {"{{1x}}", "ERROR template: t:1: bad number syntax: \"1x\""},
    {"{{0x}}", "ERROR template: t:1: illegal number syntax: \"0x\""},
    {"{{99999999999999999999}}", "ERROR template: t:1: integer overflow: \"99999999999999999999\""},
    {"{{.S!}}", "ERROR template: t:1: bad character U+0021 '!'"},
    {"{{.S @}}", "ERROR template: t:1: unexpected \"@\" in operand"},
    {"{{é}}", "ERROR template: t:1: function \"é\" not defined"},
    {"{{$x:=}}", "ERROR template: t:1: missing value for command"},
    {"{{$x, $y := 1}}", "ERROR template: t:1: too many declarations in command"},
    {"{{range $a, $b, $c := .L}}{{end}}", "ERROR template: t:1: too many declarations in range"},
    {"{{range $a, 5}}{{end}}", "ERROR template: t:1: range can only initialize variables"},
    {"{{template}}", "ERROR template: t:1: unexpected \"}}\" in template clause"},
    {"{{template .S}}", "ERROR template: t:1: unexpected \".S\" in template clause"},
    {"{{template \"x\" 1 2}}",
     "ERROR template: t:1:11: executing \"t\" at <{{template \"x\" 1 2}}>: template \"x\" not "
     "defined"},
    {"{{template \"nope\"}}",
     "ERROR template: t:1:11: executing \"t\" at <{{template \"nope\"}}>: template \"nope\" not "
     "defined"},
    {"{{define \"a\"}}x", "ERROR template: t:1: unexpected EOF"},
    {"{{define a}}x{{end}}", "ERROR template: t:1: unexpected \"a\" in define clause"},
    {"{{define \"a\"}}x{{end}}{{define \"a\"}}y{{end}}",
     "ERROR template: t:1: template: multiple definition of template \"a\""},
    {"{{define \"a\"}}x{{else}}{{end}}",
     "ERROR template: t:1: unexpected {{else}} in define clause"},
    {"{{break}}", "ERROR template: t:1: {{break}} outside {{range}}"},
    {"{{continue}}", "ERROR template: t:1: {{continue}} outside {{range}}"},
    {"{{range .L}}{{define \"q\"}}{{break}}{{end}}{{end}}",
     "ERROR template: t:1: unexpected <define> in command"},
    {"{{block \"b\"}}x{{end}}", "ERROR template: t:1: missing value for block clause"},
    {"{{\"a\".b}}", "ERROR template: t:1: unexpected . after term \"\\\"a\\\"\""},
    {"{{nil}}", "ERROR template: t:1:2: executing \"t\" at <nil>: nil is not a command"},
    {"{{nil.X}}", "ERROR template: t:1: unexpected . after term \"nil\""},
    {"{{5 6}}",
     "ERROR template: t:1:2: executing \"t\" at <5>: can't give argument to non-function 5"},
    {"{{.S 5}}",
     "ERROR template: t:1:2: executing \"t\" at <.S>: S is not a method but has arguments"},
    {"{{.S.Foo}}",
     "ERROR template: t:1:4: executing \"t\" at <.S.Foo>: can't evaluate field Foo in type string"},
    {"{{.T.Nope}}",
     "ERROR template: t:1:4: executing \"t\" at <.T.Nope>: can't evaluate field Nope in type "
     "time.Time"},
    {"{{.M.x.y}}",
     "ERROR template: t:1:4: executing \"t\" at <.M.x.y>: can't evaluate field y in type string"},
    {"{{.M.x 1}}",
     "ERROR template: t:1:4: executing \"t\" at <.M.x>: x is not a method but has arguments"},
    {"{{$v := .S}}{{$v 1}}",
     "ERROR template: t:1:14: executing \"t\" at <$v>: can't give argument to non-function $v"},
    {"{{fail \"x\"}}",
     "ERROR template: t:1:2: executing \"t\" at <fail \"x\">: error calling fail: failed on x"},
    {"{{up .I}}",
     "ERROR template: t:1:2: executing \"t\" at <up>: wrong type for value; expected string; got "
     "int"},
    {"{{up}}",
     "ERROR template: t:1:2: executing \"t\" at <up>: wrong number of args for up: want 1 got 0"},
    {"{{up 1 2}}",
     "ERROR template: t:1:2: executing \"t\" at <up>: wrong number of args for up: want 1 got 2"},
    {"{{.I | up}}",
     "ERROR template: t:1:7: executing \"t\" at <up>: wrong type for value; expected string; got "
     "int"},
    {"{{add 1}}",
     "ERROR template: t:1:2: executing \"t\" at <add>: wrong number of args for add: want 2 got 1"},
    {"{{add 1 \"a\"}}",
     "ERROR template: t:1:2: executing \"t\" at <add>: wrong type for value; expected int; got "
     "string"},
    {"{{none 1}}",
     "ERROR template: t:1:2: executing \"t\" at <none>: wrong number of args for none: want 0 got "
     "1"},
    {"{{index .L 5}}",
     "ERROR template: t:1:2: executing \"t\" at <index .L 5>: error calling index: index out of "
     "range: 5"},
    {"{{index .L 3}}",
     "ERROR template: t:1:2: executing \"t\" at <index .L 3>: error calling index: reflect: slice "
     "index out of range"},
    {"{{index .L \"a\"}}",
     "ERROR template: t:1:2: executing \"t\" at <index .L \"a\">: error calling index: cannot "
     "index slice/array with type string"},
    {"{{index .M 1}}",
     "ERROR template: t:1:2: executing \"t\" at <index .M 1>: error calling index: value has type "
     "int; should be string"},
    {"{{index .I 1}}",
     "ERROR template: t:1:2: executing \"t\" at <index .I 1>: error calling index: can't index "
     "item of type int"},
    {"{{index nil 1}}",
     "ERROR template: t:1:2: executing \"t\" at <index nil 1>: error calling index: index of "
     "untyped nil"},
    {"{{index .N 1}}",
     "ERROR template: t:1:2: executing \"t\" at <index .N 1>: error calling index: index of "
     "untyped nil"},
    {"{{slice .S 3 1}}",
     "ERROR template: t:1:2: executing \"t\" at <slice .S 3 1>: error calling slice: invalid slice "
     "index: 3 > 1"},
    {"{{slice .S 9}}",
     "ERROR template: t:1:2: executing \"t\" at <slice .S 9>: error calling slice: index out of "
     "range: 9"},
    {"{{slice .I}}",
     "ERROR template: t:1:2: executing \"t\" at <slice .I>: error calling slice: can't slice item "
     "of type int"},
    {"{{len .I}}",
     "ERROR template: t:1:2: executing \"t\" at <len .I>: error calling len: len of type int"},
    {"{{len .N}}",
     "ERROR template: t:1:2: executing \"t\" at <len .N>: error calling len: len of nil pointer"},
    {"{{eq .I .S}}",
     "ERROR template: t:1:2: executing \"t\" at <eq .I .S>: error calling eq: incompatible types "
     "for comparison: int and string"},
    {"{{eq .I}}",
     "ERROR template: t:1:2: executing \"t\" at <eq .I>: error calling eq: missing argument for "
     "comparison"},
    {"{{eq}}",
     "ERROR template: t:1:2: executing \"t\" at <eq>: wrong number of args for eq: want at least 1 "
     "got 0"},
    {"{{lt .L .L}}",
     "ERROR template: t:1:2: executing \"t\" at <lt .L .L>: error calling lt: invalid type for "
     "comparison"},
    {"{{lt true false}}",
     "ERROR template: t:1:2: executing \"t\" at <lt true false>: error calling lt: invalid type "
     "for comparison"},
    {"{{lt 1 1.5}}",
     "ERROR template: t:1:2: executing \"t\" at <lt 1 1.5>: error calling lt: incompatible types "
     "for comparison: int and float64"},
    {"{{eq .L .L}}",
     "ERROR template: t:1:2: executing \"t\" at <eq .L .L>: error calling eq: non-comparable type "
     "[a b c]: []interface {}"},
    {"{{ne 1 2 3}}",
     "ERROR template: t:1:2: executing \"t\" at <ne>: wrong number of args for ne: want 2 got 3"},
    {"{{and}}",
     "ERROR template: t:1:2: executing \"t\" at <and>: wrong number of args for and: want at least "
     "1 got 0"},
    {"{{or}}",
     "ERROR template: t:1:2: executing \"t\" at <or>: wrong number of args for or: want at least 1 "
     "got 0"},
    {"{{not}}",
     "ERROR template: t:1:2: executing \"t\" at <not>: wrong number of args for not: want 1 got 0"},
    {"{{range .S}}{{end}}",
     "ERROR template: t:1:8: executing \"t\" at <.S>: range can't iterate over hello"},
    {"{{range .F}}{{end}}",
     "ERROR template: t:1:8: executing \"t\" at <.F>: range can't iterate over 2.5"},
    {"{{range $i, $x := 3}}{{end}}",
     "ERROR template: t:1:18: executing \"t\" at <3>: can't use 3 to iterate over more than one "
     "variable"},
    {"{{printf 5}}",
     "ERROR template: t:1:2: executing \"t\" at <printf>: wrong type for value; expected string; "
     "got int"},
    {"{{printf}}",
     "ERROR template: t:1:2: executing \"t\" at <printf>: wrong number of args for printf: want at "
     "least 1 got 0"},
    {"{{call .S}}",
     "ERROR template: t:1:2: executing \"t\" at <call .S>: error calling call: non-function .S of "
     "type string"},
    {"{{call .N}}",
     "ERROR template: t:1:2: executing \"t\" at <call .N>: error calling call: call of nil"},
    {"{{call}}",
     "ERROR template: t:1:2: executing \"t\" at <call>: wrong number of args for call: want at "
     "least 1 got 0"},
    {"{{.T.Format 5}}",
     "ERROR template: t:1:4: executing \"t\" at <.T.Format>: wrong type for value; expected "
     "string; got int"},
    {"{{.T.Format}}",
     "ERROR template: t:1:4: executing \"t\" at <.T.Format>: wrong number of args for Format: want "
     "1 got 0"},
    {"{{.T.Unix 1}}",
     "ERROR template: t:1:4: executing \"t\" at <.T.Unix>: wrong number of args for Unix: want 0 "
     "got 1"},
    {"line one\nline two {{ .S.Bad }}",
     "ERROR template: t:2:14: executing \"t\" at <.S.Bad>: can't evaluate field Bad in type "
     "string"},
    {"line one\nline two {{ bad }}", "ERROR template: t:2: function \"bad\" not defined"},
    {"{{ if .S }}\n{{ .S\n", "ERROR template: t:3: unclosed action started at t:2"},
    {"{{ if .S }}\n{{ /* x\n", "ERROR template: t:2: unexpected \"/\" in command"},
    {"{{define \"d\"}}{{.X.Y}}{{.Foo}}{{end}}{{template \"d\" .S}}",
     "ERROR template: t:1:18: executing \"d\" at <.X.Y>: can't evaluate field X in type string"},
    {"{{range .L}}{{.Foo}}{{end}}",
     "ERROR template: t:1:14: executing \"t\" at <.Foo>: can't evaluate field Foo in type string"},
    {"{{with $x := .S.T}}{{end}}",
     "ERROR template: t:1:15: executing \"t\" at <.S.T>: can't evaluate field T in type string"},
    {"{{(5)}}{{(.S).x}}",
     "ERROR template: t:1:10: executing \"t\" at <.S>: can't evaluate field x in type string"},
    {"{{template \"r\" .}}{{define \"r\"}}{{fail (printf \"%d\" 5)}}{{end}}",
     "ERROR template: t:1:34: executing \"r\" at <fail (printf \"%d\" 5)>: error calling fail: "
     "failed on 5"},
    {"{{ .S | printf \"%d\" | fail }}",
     "ERROR template: t:1:22: executing \"t\" at <fail>: error calling fail: failed on "
     "%!d(string=hello)"},
    {"{{ html }}", ""},
    {"{{1+2}}", "ERROR template: t:1: bad number syntax: \"1+2\""},
    {"{{- }}", "ERROR template: t:1: missing value for command"},
    {"{{.X.}}", "ERROR template: t:1: unexpected <.> in operand"},
    {"{{..}}", "ERROR template: t:1: unexpected <.> in operand"},
    {"{{|}}", "ERROR template: t:1: unexpected \"|\" in command"},
    {"{{.S|}}", "hello"},
    {"{{, }}", "ERROR template: t:1: unexpected \",\" in command"},
    {"{{if .S}}{{else if}}{{end}}", "ERROR template: t:1: missing value for if"},
    {"{{if .S}}{{else .S}}{{end}}", "ERROR template: t:1: unexpected \".S\" in else"},
    {"{{end .S}}", "ERROR template: t:1: unexpected \".S\" in end"},
    {"{{with}}{{end}}", "ERROR template: t:1: missing value for with"},
    {"{{$x = 5}}", "ERROR template: t:1:7: executing \"t\" at <5>: undefined variable: $x"},
    {"{{\"\\z\"}}", "ERROR template: t:1: invalid syntax"},
    {"{{averylongidentifierhere}}",
     "ERROR template: t:1: function \"averylongidentifierhere\" not defined"},
    {"{{\"averylongstringhere\" \"x\".y}}",
     "ERROR template: t:1: unexpected . after term \"\\\"x\\\"\""},
    {"{{if \"averylongstringhere\" else}}{{end}}",
     "ERROR template: t:1: unexpected <else> in operand"},
    {"{{:}}", "ERROR template: t:1: expected :="},
    {"{{:=}}", "ERROR template: t:1: unexpected \":=\" in command"},
    {"{{=}}", "ERROR template: t:1: unexpected \"=\" in command"},
    {"{{a.b}}", "ERROR template: t:1: function \"a\" not defined"},
    {"{{none.x}}",
     "ERROR template: t:1:2: executing \"t\" at <none>: can't evaluate field x in type string"},
    {"{{(none).x}}",
     "ERROR template: t:1:3: executing \"t\" at <none>: can't evaluate field x in type string"},
};

TEST(ErrorTest, SaysWhatGoSays) {
  for (const Case& c : kCases) EXPECT_EQ(Render(c.text), c.want) << c.text;
}

}  // namespace
}  // namespace tocsin::templates
