"""Tables that come with the program: districts of the city, and every region code an ID number may begin with.

`chongqing_districts.csv`: GB/T 2260 codes with years and successors. `region_codes.csv`: every county-level code ever
in use in China with its first and last year; public domain (CC0, yescallop/areacodes).
"""
