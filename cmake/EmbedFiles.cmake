# Run as a script: writes OUTPUT, a C++ source that defines `kEmbeddedFiles` from FILES (a list).
#   cmake -DOUTPUT=x.cc -DHEADER=app/embedded_rules.h -DNAMESPACE=tocsin::app -DFILES=a;b -P EmbedFiles.cmake
set(text "// Generated from the files named below.\n#include \"${HEADER}\"\n\nnamespace ${NAMESPACE} {\n\nnamespace {\n\nconstexpr EmbeddedFile kFiles[] = {\n")
foreach(file IN LISTS FILES)
  get_filename_component(name "${file}" NAME)
  file(READ "${file}" content)
  string(APPEND text "    {\"${name}\", R\"embedded(${content})embedded\"},\n")
endforeach()
string(APPEND text "};\n\n}  // namespace\n\nstd::span<const EmbeddedFile> EmbeddedRules() { return kFiles; }\n\n}  // namespace ${NAMESPACE}\n")
file(WRITE "${OUTPUT}" "${text}")
