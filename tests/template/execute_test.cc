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

// What Go 1.26 prints for the same texts and data.
const Case kCases[] = {
    {"plain text", "plain text"},
    {"{{ .S }} {{ .I }} {{ .F }} {{ .B }}", "hello 5 2.5 true"},
    {"{{.N}}|{{.Missing}}|{{.M.missing}}|{{.A.missing}}", "<no value>|<no value>||<no value>"},
    {"{{.L}} {{.M}} {{.A}} {{.EL}}", "[a b c] map[x:1 y:2] map[k:map[z:w] list:[1 2 3]] []"},
    {"a {{- .S -}} b", "ahellob"},
    {"a  {{- \"x\" }}\n{{- 1 }}   {{ 2 -}}   \n b", "ax1   2b"},
    {"{{/* comment */}}x{{- /* trimmed */ -}} y", "xy"},
    {"{{if .B}}yes{{else}}no{{end}}", "yes"},
    {"{{if .E}}1{{else if .Z}}2{{else if .S}}3{{else}}4{{end}}", "3"},
    {"{{with .S}}[{{.}}]{{end}}{{with .E}}x{{else}}none{{end}}", "[hello]none"},
    {"{{with .E}}x{{else with .S}}{{.}}{{end}}", "hello"},
    {"{{with $x := .I}}{{$x}}{{end}}", "5"},
    {"{{range .L}}<{{.}}>{{end}}", "<a><b><c>"},
    {"{{range $e := .L}}{{$e}}{{end}}{{range $i, $e := .L}}{{$i}}={{$e}};{{end}}",
     "abc0=a;1=b;2=c;"},
    {"{{range .EL}}x{{else}}empty{{end}}", "empty"},
    {"{{range $k, $v := .M}}{{$k}}:{{$v}},{{end}}", "x:1,y:2,"},
    {"{{range .M}}{{.}}{{end}}", "12"},
    {"{{range 3}}{{.}}{{end}}{{range $i := 2}}{{$i}}{{end}}", "01201"},
    {"{{range .L}}{{if eq . \"b\"}}{{break}}{{end}}{{.}}{{end}}", "a"},
    {"{{range .L}}{{if eq . \"b\"}}{{continue}}{{end}}{{.}}{{end}}", "ac"},
    {"{{range .L}}{{range $.L}}{{if eq . \"b\"}}{{break}}{{end}}{{.}}{{end}}|{{end}}", "a|a|a|"},
    {"{{range .N}}x{{else}}nil{{end}}", "nil"},
    {"{{$x := 1}}{{$x}}{{$x = 2}}{{$x}}{{if true}}{{$x = 3}}{{end}}{{$x}}", "123"},
    {"{{$x := 1}}{{if true}}{{$x := 5}}{{$x}}{{end}}{{$x}}", "51"},
    {"{{$i := 0}}{{range .L}}{{$i = add $i 1}}{{end}}{{$i}}", "3"},
    {"{{$k := \"\"}}{{$v := \"\"}}{{range $k, $v = .M}}{{end}}{{$k}}{{$v}}", "y2"},
    {"{{define \"a\"}}A({{.}}){{end}}{{template \"a\" .S}}{{template \"a\"}}",
     "A(hello)A(<no value>)"},
    {"{{define \"x\"}}{{if .}}{{.}}{{template \"x\" \"\"}}{{end}}{{end}}{{template \"x\" .S}}",
     "hello"},
    {"{{block \"b\" .I}}B{{.}}{{end}}", "B5"},
    {"{{.S | up | printf \"%s-%s\" \"p\"}}", "p-HELLO"},
    {"{{printf \"%s %q %v %d %5.2f|%-6s|%6s|%x|%t|%e|%g|%%\" .S .S .F .I .F \"l\" \"r\" 255 true "
     "1234.5 1e6}}",
     "hello \"hello\" 2.5 5  2.50|l     |     r|ff|true|1.234500e+03|1e+06|%"},
    {"{{printf \"%v %v %v\" .N .L .M}}{{printf \"%d\" .S}}{{printf \"%s\" .I}}{{printf "
     "\"%d\"}}{{printf \"x\" 1}}",
     "<nil> [a b c] map[x:1 y:2]%!d(string=hello)%!s(int=5)%!d(MISSING)x%!(EXTRA int=1)"},
    {"{{printf \"%[2]s %[1]s\" \"a\" \"b\"}}{{printf \"%*d\" 5 42}}{{printf \"%.*f\" 1 "
     "3.14159}}{{printf \"%T\" .F}}",
     "b a   423.1float64"},
    {"{{print 1 2 \"a\" 3 4.5 nil}}|{{println \"a\" 1}}", "1 2a3 4.5 <nil>|a 1\n"},
    {"{{len .S}} {{len .L}} {{len .M}} {{len .EL}}", "5 3 2 0"},
    {"{{index .L 1}} {{index .M \"x\"}} {{index .M \"q\"}}| {{index .A \"k\" \"z\"}} {{index .A "
     "\"list\" 2}} {{index .S 0}}",
     "b 1 | w 3 104"},
    {"{{slice .S 1 3}} {{slice .S 2}} {{slice .L 0 2}} {{slice .S}}", "el llo [a b] hello"},
    {"{{and .B .S}} {{and .B .E .S}}| {{or .E .S}} {{or .E .Z}} {{not .B}} {{not .E}}",
     "hello | hello 0 false true"},
    {"{{.S | and .B}} {{.E | or \"\"}}|", "hello |"},
    {"{{or .S (fail \"no\")}}{{and .E (fail \"no\")}}", "hello"},
    {"{{eq .I 5}} {{eq .S \"x\" \"hello\"}} {{ne .I 5}} {{lt 1 2}} {{le 2 2}} {{gt 1.5 2.5}} {{ge "
     "\"b\" \"a\"}}",
     "true true false true true false true"},
    {"{{eq .N nil}} {{eq .S nil}} {{eq .T .T}}", "true false true"},
    {"{{html .H}} {{js .H}} {{urlquery \"a b&c=d/é\"}}",
     "&lt;a href=&#39;x&#39;&gt;&amp;&#34;&lt;/a&gt; \\u003Ca "
     "href\\u003D\\'x\\'\\u003E\\u0026\\\"\\u003C/a\\u003E a+b%26c%3Dd%2F%C3%A9"},
    {"{{.T}} {{.T.Format \"Mon Jan 2 15:04:05 MST 2006\"}} {{.T.Year}} {{.T.Unix}} {{.T.Weekday}}",
     "2024-02-29 13:05:09.12 +0000 UTC Thu Feb 29 13:05:09 UTC 2024 2024 1709211909 Thursday"},
    {"{{.T.Format \"2006-01-02T15:04:05.000Z07:00 .999 3:04PM 02/01/06 _2 January Monday -0700\"}}",
     "2024-02-29T13:05:09.120Z .12 1:05PM 29/02/24 29 February Thursday +0000"},
    {"{{.D}} {{.D.Seconds}} {{printf \"%.0f\" .D.Minutes}} {{.T.Add .D}} {{(.T.Add .D).Sub .T}} "
     "{{.T.Before (.T.Add .D)}}",
     "1m30.5s 90.5 2 2024-02-29 13:06:39.62 +0000 UTC 1m30.5s true"},
    {"{{.T.AddDate 0 1 1}} {{.D.Truncate .D}} {{.D.Round 60000000000}}",
     "2024-03-30 13:05:09.12 +0000 UTC 1m30.5s 2m0s"},
    {"{{(index .L 0)}} {{(.A.k).z}} {{.A.k.z}} {{$.S}} {{$x := .A}}{{$x.k.z}}", "a w w hello w"},
    {"{{1}} {{-1}} {{0x1F}} {{0b11}} {{0o17}} {{017}} {{1_000}} {{1.5}} {{1e3}} {{.5}} {{'a'}} "
     "{{'\\n'}} {{1e6}} {{100000.0}} {{1234567.0}}",
     "1 -1 31 3 15 15 1000 1.5 1000 0.5 97 10 1e+06 100000 1.234567e+06"},
    {"{{\"a\\tb\\\"c\\u00e9\\x41\"}} {{`raw\\n`}}", "a\tb\"céA raw\\n"},
    {"{{true}} {{false}}", "true false"},
    {"{{\n.S\n}}", "hello"},
    {"{{ if and (eq .I 5) (or .E .B) }}ok{{ end }}", "ok"},
    {"{{with .A}}{{.k.z}}{{$.S}}{{end}}", "whello"},
    {"{{range $i, $_ := .L}}{{if $i}}, {{end}}{{.}}{{end}}", "a, b, c"},
    {"{{f1 2}} {{f1 .F}} {{none}} {{add 1 2 | add 3}}", "4 5 none 6"},
    {"{{.S -}}   tail{{- /* c */ -}}   ", "hellotail"},
    {"{{- \"\" }}   x", "   x"},
    {"{{printf \"%5d|%-5d|%05d|%+d|% d|%x|%X|%o|%b|%c|%U|%q\" 42 42 42 42 42 42 42 42 42 65 65 "
     "65}}",
     "   42|42   |00042|+42| 42|2a|2A|52|101010|A|U+0041|'A'"},
    {"{{printf \"%f|%.1f|%8.3f|%-8.1f|%08.3f|%+.1f|%g|%G|%E|%.3g|%v\" 3.14159 3.14159 3.14159 "
     "3.14159 3.14159 3.14159 1e-7 1e21 1.5 1234.5 1e21}}",
     "3.141590|3.1|   3.142|3.1     |0003.142|+3.1|1e-07|1E+21|1.500000E+00|1.23e+03|1e+21"},
    {"{{printf \"%s|%10s|%-10s|%.2s|%q|%x|%X|% x|%#x|%#v\" \"héllo\" \"héllo\" \"héllo\" \"héllo\" "
     "\"hé\" \"hé\" \"hé\" \"hé\" \"hé\" \"x\"}}",
     "héllo|     héllo|héllo     |hé|\"hé\"|68c3a9|68C3A9|68 c3 a9|0x68c3a9|\"x\""},
    {"{{printf \"%v %s %d %t %z\" true true true 1 2}} {{printf \"%\"}} {{printf \"%!\"}} {{printf "
     "\"%d %s\" 1}} {{printf \"%[5]d\" 1}} {{printf \"%s\" nil}}",
     "true %!s(bool=true) %!d(bool=true) %!t(int=1) %!z(int=2) %!(NOVERB) %!!(MISSING) 1 "
     "%!s(MISSING) %!d(BADINDEX) %!s(<nil>)"},
    {"{{printf \"%q\" .L}} {{printf \"%s\" .M}} {{printf \"%d\" (index .A \"list\")}} {{printf "
     "\"%5s|\" .L}} {{printf \"%v\" .T}} {{printf \"%s\" .D}} {{printf \"%d\" .D}}",
     "[\"a\" \"b\" \"c\"] map[x:1 y:2] [1 2 3] [    a     b     c]| 2024-02-29 13:05:09.12 +0000 "
     "UTC 1m30.5s 90500000000"},
};

TEST(ExecuteTest, PrintsWhatGoPrints) {
  for (const Case& c : kCases) EXPECT_EQ(Render(c.text), c.want) << c.text;
}

}  // namespace
}  // namespace tocsin::templates
