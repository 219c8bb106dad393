tocsin_fuzz(text_format SOURCE "${CMAKE_CURRENT_LIST_DIR}/text_format_fuzz.cc" DEPENDS exposition)
