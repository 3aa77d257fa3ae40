"""Pictures of drawings, in the terminal and as SVG.

    scene.py        what a picture consists of: placed shapes, in cells of a character each
    networks.py     what is in each network, in the order of evaluation
    nodes.py        how much room an element takes, and where its pins are
    grid.py         ladder and function block diagrams: columns and lines
    wires.py        the wires of those
    chart.py        sequential function charts
    chart_items.py  what stands in those
    rungs.py        their conditions that are drawn
    power.py        what the wires carry, given the values of variables
    live.py         a picture with that in it
    picture.py      `draw`: a diagram to its scene
    characters.py   which character joins which lines
    terminal.py     a scene as text
    symbols.py      the symbols of SVG
    svg.py          a scene as SVG

A drawing is laid out anew rather than where the tool had it: some tools store no places at all, and the others differ
in what they consider near. One layout serves both forms of output, since its unit is the cell of a terminal; SVG makes
a cell a few pixels wide and draws real symbols in it.
"""

from iec61131.graphical.drawing.picture import draw

__all__ = ["draw"]
