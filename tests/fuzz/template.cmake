tocsin_fuzz(template SOURCE "${CMAKE_CURRENT_LIST_DIR}/template_fuzz.cc" DEPENDS template)
