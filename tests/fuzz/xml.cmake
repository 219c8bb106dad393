tocsin_fuzz(xml SOURCE "${CMAKE_CURRENT_LIST_DIR}/xml_fuzz.cc" DEPENDS discovery)
