"""English words that carry no topic; they are neither aligned nor searched."""

ENGLISH_STOP_WORDS = frozenset(
    """a about above after again against all also am an and any are aren as at be because been before being below
    between both but by can cannot could couldn d did didn do does doesn doing don down during each else ever few for
    from further get gets give given got had hadn has hasn have haven having he her here hereby hers herself him
    himself his how however i if in into is isn it its itself just ll let m many may me might more most much must
    mustn my myself nor not now o of off often on once one only or other our ours ourselves out over own please re s
    same shall she should shouldn so some such t than that the their theirs them themselves then there thereof these
    they this those though through to too under until up upon us ve very was wasn we were weren what when where
    whether which while who whom whose why will with within without won would wouldn y yes yet you your yours
    yourself yourselves tell know called name known""".split()
)
