"""Tables of agreement with answers from elsewhere."""

import numpy as np

# Six grades on 1,066 axial slices (rows true, columns found): one of the tables that Hallinan et al. 2022
# (Front Oncol 12:849447) published with their code; of all of them the one with the highest accuracy.
SIX_GRADES = np.array(
    [
        [766, 40, 35, 7, 1, 0],
        [68, 12, 2, 0, 0, 0],
        [20, 4, 22, 4, 0, 1],
        [4, 0, 12, 13, 6, 0],
        [0, 0, 0, 8, 12, 6],
        [1, 0, 0, 0, 4, 18],
    ]
)

# Grade 1c and above on as many slices: the only table of whole numbers with the published sensitivity of
# 97.6 %, specificity of 93.6 % and PPV of 56.6 %.
AT_LEAST_1C = np.array([[919, 63], [2, 82]])

# Diagnoses of 100 patients (Fleiss, Levin and Paik 2003, Statistical Methods for Rates and Proportions, table
# 18.1): kappa 0.68.
DIAGNOSES = np.array([[75, 1, 4], [5, 4, 1], [0, 0, 10]])

# Pregnancies that two people read from 100 notes (table cont3x3abstractors of the R package irrCAC).
PREGNANCIES = np.array([[13, 0, 0], [0, 20, 7], [0, 4, 56]])

# 125 pairs, nearly all of them positive (Gwet 2002, Inter-Rater Reliability 1): kappa near 0, AC1 high.
PREVALENT = np.array([[118, 5], [2, 0]])
