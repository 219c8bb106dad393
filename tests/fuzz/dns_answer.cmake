tocsin_fuzz(dns_answer SOURCE "${CMAKE_CURRENT_LIST_DIR}/dns_answer_fuzz.cc" DEPENDS discovery)
