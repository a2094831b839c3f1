using System.Globalization;
using Scim.Domain.Schemas;

namespace Scim.Domain.Resources;

/// <summary>A bound attribute value. Immutable; equal by content. Unassigned (RFC 7643 §2.5) is null, never a value.</summary>
public abstract class Value : IEquatable<Value>
{
    public abstract bool Equals(Value? other);

    public sealed override bool Equals(object? obj) => obj is Value other && Equals(other);

    public abstract override int GetHashCode();
}

/// <summary>string, reference or binary: kept exactly as sent.</summary>
public sealed class TextValue(string text) : Value
{
    public string Text { get; } = text;

    public override bool Equals(Value? other) => other is TextValue value && value.Text == Text;

    public override int GetHashCode() => Text.GetHashCode(StringComparison.Ordinal);
}

public sealed class BooleanValue : Value
{
    public static readonly BooleanValue True = new(true);

    public static readonly BooleanValue False = new(false);

    private BooleanValue(bool flag) => Flag = flag;

    public bool Flag { get; }

    public static BooleanValue Of(bool flag) => flag ? True : False;

    /// <summary>The words true and false in any case, without anything around them; else null.</summary>
    public static BooleanValue? Parse(string text) =>
        text.Equals("true", StringComparison.OrdinalIgnoreCase) ? True
        : text.Equals("false", StringComparison.OrdinalIgnoreCase) ? False
        : null;

    public override bool Equals(Value? other) => ReferenceEquals(this, other);

    public override int GetHashCode() => Flag.GetHashCode();
}

public sealed class IntegerValue(long number) : Value
{
    public long Number { get; } = number;

    public override bool Equals(Value? other) => other is IntegerValue value && value.Number == Number;

    public override int GetHashCode() => Number.GetHashCode();
}

/// <summary>A finite double; compared as such on both databases.</summary>
public sealed class DecimalValue(double number) : Value
{
    public double Number { get; } = number;

    public override bool Equals(Value? other) => other is DecimalValue value && value.Number.Equals(Number);

    public override int GetHashCode() => Number.GetHashCode();
}

/// <summary>A dateTime (RFC 7643 §2.3.5): the text as sent, and the instant it names.</summary>
public sealed class DateTimeValue(string text, DateTimeOffset instant) : Value
{
    private static readonly string[] Formats =
    [
        "yyyy-MM-dd'T'HH:mm:ssK",
        "yyyy-MM-dd'T'HH:mm:ss.FFFFFFFK",
        "yyyy-MM-dd'T'HH:mmK",
    ];

    public string Text { get; } = text;

    public DateTimeOffset Instant { get; } = instant;

    /// <summary>UTC in a fixed width, so that text order is time order.</summary>
    public string Sortable => Sort(Instant);

    public static string Sort(DateTimeOffset instant) =>
        instant.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.fffffff'Z'", CultureInfo.InvariantCulture);

    public static DateTimeValue? Parse(string text) =>
        DateTimeOffset.TryParseExact(
            CutFraction(text),
            Formats,
            CultureInfo.InvariantCulture,
            DateTimeStyles.AssumeUniversal,
            out var instant
        )
            ? new DateTimeValue(text, instant)
            : null;

    // xsd:dateTime allows any number of fractional digits; an instant here has seven.
    private static string CutFraction(string text)
    {
        var start = text.IndexOf('.', StringComparison.Ordinal) + 1;
        var end = start;
        while (start > 0 && end < text.Length && char.IsAsciiDigit(text[end]))
        {
            end++;
        }

        return end - start > 7 ? text.Remove(start + 7, end - start - 7) : text;
    }

    public override bool Equals(Value? other) => other is DateTimeValue value && value.Text == Text;

    public override int GetHashCode() => Text.GetHashCode(StringComparison.Ordinal);
}

/// <summary>The values of a multi-valued attribute, in order; never empty.</summary>
public sealed class ListValue(Value[] items) : Value
{
    public IReadOnlyList<Value> Items => items;

    /// <summary>The values, each once (RFC 7643 §2.4); null when there is none, since that is unassigned (§2.5).</summary>
    public static ListValue? Of(IReadOnlyCollection<Value> items) =>
        items.Count switch
        {
            0 => null,
            1 => new ListValue([.. items]),
            _ => new ListValue([.. items.Distinct()]),
        };

    public override bool Equals(Value? other) =>
        other is ListValue value && items.AsSpan().SequenceEqual(value.ItemArray);

    public override int GetHashCode()
    {
        var hash = new HashCode();
        foreach (var item in items)
        {
            hash.Add(item);
        }

        return hash.ToHashCode();
    }

    private Value[] ItemArray => items;
}

/// <summary>Values by sub-attribute, in the order of the table; also the root of a document.</summary>
public sealed class ComplexValue : Value
{
    private readonly Value?[] _slots;

    private ComplexValue(AttributeTable table, Value?[] slots) => (Table, _slots) = (table, slots);

    public AttributeTable Table { get; }

    public bool IsEmpty => Array.TrueForAll(_slots, slot => slot is null);

    public Value? this[AttributeDefinition attribute] => _slots[attribute.Index];

    public static ComplexValue Empty(AttributeTable table) => new(table, new Value?[table.Count]);

    /// <summary>Takes the array over; the caller no longer writes to it.</summary>
    public static ComplexValue Of(AttributeTable table, Value?[] slots) => new(table, slots);

    /// <summary>The same values with one changed, or this one when nothing differs. Null unassigns.</summary>
    public ComplexValue With(AttributeDefinition attribute, Value? value)
    {
        if (Equals(_slots[attribute.Index], value))
        {
            return this;
        }

        var slots = (Value?[])_slots.Clone();
        slots[attribute.Index] = value;
        return new ComplexValue(Table, slots);
    }

    public string? Text(AttributeDefinition? attribute) =>
        attribute is null ? null : (_slots[attribute.Index] as TextValue)?.Text;

    public bool IsTrue(AttributeDefinition? attribute) =>
        attribute is not null && ReferenceEquals(_slots[attribute.Index], BooleanValue.True);

    public override bool Equals(Value? other) =>
        ReferenceEquals(this, other) || (other is ComplexValue value && SlotsEqual(value._slots));

    public override int GetHashCode()
    {
        var hash = new HashCode();
        foreach (var slot in _slots)
        {
            hash.Add(slot);
        }

        return hash.ToHashCode();
    }

    private bool SlotsEqual(Value?[] others)
    {
        for (var i = 0; i < _slots.Length; i++)
        {
            if (!Equals(_slots[i], others[i]))
            {
                return false;
            }
        }

        return _slots.Length == others.Length;
    }
}
